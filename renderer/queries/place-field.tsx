import { useEffect, useId, useState, type KeyboardEvent } from 'react';
import type { PlacesRequest } from '../../app/contract/fabric-queries.ts';
import { client } from '../client.ts';
import { useQuery } from './use-query.ts';

/** How many names are listed: who needs more types more. */
const listed = 12;

interface PlaceFieldProps {
  readonly label: string;
  readonly value: string;
  /** Which names there are to choose from. */
  readonly of: PlacesRequest['of'];
  readonly placeholder: string;
  /** The label is for screen readers only: the row that the field is in says it to everybody else. */
  readonly quiet?: boolean;
  readonly onChange: (value: string) => void;
}

/** A name of the machine, offered as one types. What is typed counts when it is chosen, or when the field is left. */
export function PlaceField({ label, value, of, placeholder, quiet = false, onChange }: PlaceFieldProps) {
  const id = useId();
  const [text, setText] = useState(value);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  useEffect(() => setText(value), [value]);

  const wanted = text === value ? '' : text.trim();
  const question = `places|${of}|${wanted}`;
  const answer = useQuery(open ? question : null, (cursor) =>
    client().request('fabricPlaces', { cursor, text: wanted, of, count: listed }),
  );
  const found = open ? (answer?.view.found ?? []) : [];
  const current = Math.min(wanted === '' ? at : Math.max(at, 0), found.length - 1);

  const commit = (name: string): void => {
    setOpen(false);
    setAt(-1);
    setText(name);
    if (name !== value) onChange(name);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined) {
      setOpen(true);
      if (found.length > 0) setAt((Math.max(current, by < 0 ? 0 : -1) + by + found.length) % found.length);
    } else if (event.key === 'Enter')
      commit((answer?.question === question ? found[current]?.name : undefined) ?? text.trim());
    else if (event.key === 'Escape' && (open || text !== value)) {
      setOpen(false);
      setText(value);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="query-field">
      <label htmlFor={id} className={quiet ? 'unseen' : undefined}>
        {label}
      </label>
      <input
        id={id}
        type="text"
        role="combobox"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && current >= 0 ? `${id}-${current}` : undefined}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value.slice(0, 200));
          setAt(-1);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
        onFocus={(event) => event.currentTarget.select()}
        onClick={() => setOpen(true)}
        onBlur={() => commit(text.trim())}
      />
      <div id={`${id}-list`} className="query-names floating" role="listbox" aria-label={label} hidden={!open}>
        {found.map((place, i) => (
          <div
            key={place.name}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === current}
            // The field keeps the keyboard while a name is clicked.
            onPointerDown={(event) => {
              event.preventDefault();
              commit(place.name);
            }}
          >
            <span className="query-name">{place.name}</span>
            <span className="muted">{place.kind}</span>
            {place.more !== null && <code>{place.more}</code>}
          </div>
        ))}
        {open && answer !== null && found.length === 0 && <p className="muted">Nothing here has that name.</p>}
        {open && answer !== null && answer.view.total > found.length && found.length > 0 && (
          <p className="muted">{answer.view.total - found.length} more: type a name, a kind or an address</p>
        )}
      </div>
    </div>
  );
}
