import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { Search, X } from 'lucide-react';
import { client } from '../client.ts';
import { useAnswer } from '../inspector/use-answer.ts';
import { useDocument } from '../stores/document.ts';
import { useLayout } from '../stores/layout.ts';
import { select, useSelection, type Selection } from '../stores/selection.ts';
import { findFieldId } from './focus-find.ts';
import './find.css';

/** How many parts are listed: who needs more types more. */
const listed = 12;

/**
 * Find as you type: names, PCI addresses, device names, NUMA nodes. The first hit is selected while one types, so that
 * the view that is open reveals it; arrows choose another one, Escape goes back to what was selected before.
 */
export function FindField() {
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const document = useDocument((state) => state.head?.id ?? '');
  const input = useRef<HTMLInputElement>(null);
  const before = useRef<Selection | null>(null);
  const wanted = text.trim();
  const answer = useAnswer(wanted === '' ? null : `${document}|${wanted}`, () =>
    client().request('find', { text: wanted, count: listed }),
  );
  const found = wanted === '' ? [] : (answer?.found ?? []);
  const current = Math.min(at, found.length - 1);
  const chosen = open ? found[current] : undefined;

  useEffect(() => {
    if (chosen !== undefined) select({ kind: 'node', id: chosen.id });
  }, [chosen?.id]);

  const leave = (): void => {
    setOpen(false);
    setText('');
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined && found.length > 0) {
      setOpen(true);
      setAt((current + by + found.length) % found.length);
    } else if (event.key === 'Enter') {
      setOpen(false);
      input.current?.blur();
    } else if (event.key === 'Escape') {
      leave();
      select(before.current);
      input.current?.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const shown = open && wanted !== '';
  return (
    <div className="find">
      <Search size={13} aria-hidden="true" />
      <input
        ref={input}
        id={findFieldId}
        type="text"
        role="combobox"
        aria-label="Find a part: name, PCI address, device, NUMA node"
        aria-expanded={shown}
        aria-controls="find-list"
        aria-autocomplete="list"
        aria-activedescendant={shown && chosen !== undefined ? `find-${current}` : undefined}
        placeholder="Find a part"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value.slice(0, 200));
          setAt(0);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
        onFocus={() => {
          before.current = useSelection.getState().selected;
          useLayout.setState({ finding: true });
        }}
        onBlur={() => {
          setOpen(false);
          useLayout.setState({ finding: false });
        }}
      />
      {text === '' ? (
        <kbd aria-hidden="true">F</kbd>
      ) : (
        <button type="button" className="find-clear" aria-label="Clear" onClick={leave}>
          <X size={12} aria-hidden="true" />
        </button>
      )}
      <div id="find-list" className="find-list floating" role="listbox" aria-label="Parts found" hidden={!shown}>
        {shown &&
          found.map((part, i) => (
            <div
              key={part.id}
              id={`find-${i}`}
              role="option"
              aria-selected={i === current}
              // The field keeps the keyboard while a hit is clicked.
              onPointerDown={(event) => {
                event.preventDefault();
                setAt(i);
                select({ kind: 'node', id: part.id });
                setOpen(false);
              }}
            >
              <span className="find-name">{part.name}</span>
              <span className="muted">{part.kind}</span>
              {part.matched !== null && part.matched !== part.kind && <code>{part.matched}</code>}
            </div>
          ))}
        {shown && answer !== null && found.length === 0 && <p className="muted">No part has that in it.</p>}
        {shown && answer !== null && answer.total > found.length && (
          <p className="muted">{answer.total - found.length} more: type more, or see all parts</p>
        )}
      </div>
    </div>
  );
}
