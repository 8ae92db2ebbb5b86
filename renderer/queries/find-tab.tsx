import { useDeferredValue, useMemo } from 'react';
import { printBytes } from '../../app/base/format.ts';
import type { FabricOffer } from '../../app/contract/fabric-queries.ts';
import { client } from '../client.ts';
import { changeWish, noWish, useQueries, type WishText } from '../stores/queries.ts';
import { Choice } from '../topbar/choice.tsx';
import { Examples } from './examples.tsx';
import { FoundTable, offersOf } from './found-table.tsx';
import { PlaceField } from './place-field.tsx';
import { engineWord } from './print.ts';
import { TextField } from './text-field.tsx';
import { useQuery, useShown } from './use-query.ts';
import { readCount, readSize, textOf, wishOf } from './wish.ts';

const any = ' ';
const widths = [32, 64, 128] as const;
const flags = [
  { id: 'ats', title: 'ATS', more: 'asks the IOMMU for translations and keeps them (address translation service)' },
  { id: 'pri', title: 'PRI', more: 'asks for pages that are not there (page requests)' },
  { id: 'isolated', title: 'own IOMMU group', more: 'no other device is in its IOMMU group' },
] as const;

/** Which devices meet all constraints, and what dropped the others. */
export function FindTab({ offer }: { readonly offer: FabricOffer }) {
  const text = useQueries((state) => state.wish);
  const wish = useMemo(() => wishOf(text), [text]);
  const question = useDeferredValue(JSON.stringify(wish));
  const answer = useQuery(offer.functions === 0 ? null : question, (cursor) =>
    client().request('findDevices', { cursor, wish: JSON.parse(question) as typeof wish }),
  );
  const offers = useMemo(() => (answer === null ? [] : offersOf(answer.view)), [answer]);
  useShown('find', answer, offers, false);
  const isEmpty = JSON.stringify(text) === JSON.stringify(noWish);

  if (offer.functions === 0)
    return (
      <p className="view-empty">
        <strong>No devices here.</strong>
        This source tells of no PCI functions. hwloc XML with I/O devices, <code>lspci -vv</code> and Linux snapshots
        do.
      </p>
    );
  return (
    <>
      <p className="query-lead">
        Say what a device must be able to do: those that fit are listed, and why each of the others does not.
      </p>
      <form className="query-form" aria-label="Constraints" onSubmit={(event) => event.preventDefault()}>
        <Constraints text={text} offer={offer} />
        {isEmpty && (
          <div className="query-actions">
            <Examples
              list={offer.examples.devices}
              onChoose={(example) => changeWish(textOf(example.wish, printBytes))}
            />
          </div>
        )}
      </form>
      {answer !== null && <FoundTable view={answer.view} wish={wish} isEmpty={isEmpty} />}
    </>
  );
}

function Constraints({ text, offer }: { readonly text: WishText; readonly offer: FabricOffer }) {
  const engines = offer.engines.flatMap(({ engine, devices }) => (engine === 'cpu' ? [] : [{ engine, devices }]));
  return (
    <>
      <div className="query-field">
        <span className="query-label">Kind</span>
        <Choice
          label="Kind of device"
          value={text.kind ?? any}
          options={[
            { value: any, title: 'any' },
            ...offer.kinds.map(({ kind, title, devices }) => ({ value: kind, title: `${title} (${devices})` })),
          ]}
          onChange={(value) => changeWish({ kind: offer.kinds.find(({ kind }) => kind === value)?.kind ?? null })}
        />
      </div>
      <div className="query-field">
        <span className="query-label">Engine</span>
        <Choice
          label="Engine"
          value={text.engine ?? any}
          options={[
            { value: any, title: 'any' },
            ...engines.map(({ engine, devices }) => ({ value: engine, title: `${engineWord(engine)} (${devices})` })),
          ]}
          onChange={(value) => changeWish({ engine: engines.find(({ engine }) => engine === value)?.engine ?? null })}
        />
      </div>
      <TextField
        label="Free PASIDs from"
        value={text.pasids}
        placeholder="e.g. 8"
        fault={readCount(text.pasids) === undefined ? 'a whole number from 1 on' : null}
        onChange={(pasids) => changeWish({ pasids })}
      />
      <TextField
        label="Free memory from"
        value={text.memory}
        placeholder="e.g. 1 GiB"
        fault={readSize(text.memory) === undefined ? 'a size such as 64 KiB or 1 GiB' : null}
        onChange={(memory) => changeWish({ memory })}
      />
      <TextField
        label="Memory within"
        value={text.within}
        placeholder="e.g. 400"
        unit="ns"
        fault={readCount(text.within) === undefined ? 'whole nanoseconds from 1 on' : null}
        onChange={(within) => changeWish({ within })}
      />
      <PlaceField
        label="Peer-to-peer with"
        value={text.peer}
        of="function"
        placeholder="any device"
        onChange={(peer) => changeWish({ peer })}
      />
      <PlaceField
        label="Same host bridge as"
        value={text.sameHostBridge}
        of="function"
        placeholder="any device"
        onChange={(sameHostBridge) => changeWish({ sameHostBridge })}
      />
      <fieldset className="query-flags">
        <legend>Must have</legend>
        {flags.map(({ id, title, more }) => (
          <label key={id} title={more}>
            <input
              type="checkbox"
              checked={text[id]}
              onChange={(event) => changeWish({ [id]: event.currentTarget.checked })}
            />
            {title}
          </label>
        ))}
      </fieldset>
      <fieldset className="query-flags" title="AtomicOps of these widths reach main memory">
        <legend>AtomicOps, bits</legend>
        {widths.map((width) => (
          <label key={width}>
            <input
              type="checkbox"
              checked={text.atomics.includes(width)}
              onChange={(event) =>
                changeWish({
                  atomics: widths.filter((each) =>
                    each === width ? event.currentTarget.checked : text.atomics.includes(each),
                  ),
                })
              }
            />
            {width}
          </label>
        ))}
      </fieldset>
    </>
  );
}
