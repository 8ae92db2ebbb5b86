import { RotateCcw } from 'lucide-react';
import { plural, printRate } from '../../app/base/format.ts';
import type { DevicesView, DeviceWish, DroppedRow, FabricPlace, FoundRow } from '../../app/contract/fabric-queries.ts';
import { changeWish, noWish } from '../stores/queries.ts';
import { select } from '../stores/selection.ts';
import { ChooseRow } from './choose-row.tsx';
import { grouped, mapWord, printNs } from './print.ts';
import type { Offer } from './use-query.ts';
import { withoutConstraint } from './wish.ts';

const foundOffer = ({ device, memory, peer, drawn }: FoundRow): Offer => ({
  key: device.name,
  said: [
    device.name,
    ...(memory === null ? [] : [`${memory.pool} at ${printNs(memory.latencyNs)}`]),
    ...(peer === null ? [] : [`peer-to-peer ${mapWord(peer.mapType)}`]),
  ].join(', '),
  drawn,
});
const droppedOffer = ({ device, lacks: [first], drawn }: DroppedRow): Offer => ({
  key: device.name,
  said: `${device.name}${first === undefined ? '' : `, does not fit: needs ${first.needs}, has ${first.has}`}`,
  drawn,
});

export const offersOf = ({ found, dropped }: DevicesView): readonly Offer[] => [
  ...found.map(foundOffer),
  ...dropped.flatMap(({ rows }) => rows.map(droppedOffer)),
];

/** The part is answered in the inspector too. */
const selectPart = ({ drawn }: FabricPlace) =>
  drawn === null ? {} : { onChoose: () => select({ kind: 'node', id: drawn }) };

function Device({ place, all = false }: { readonly place: FabricPlace; readonly all?: boolean }) {
  return (
    <>
      <b>{place.name}</b> <span className="muted">{place.kind}</span>
      {all && place.more !== null && <span className="query-more muted">{place.more}</span>}
    </>
  );
}

const notTold = <span className="unknown">not told</span>;

interface FoundTableProps {
  readonly view: DevicesView;
  readonly wish: DeviceWish;
  readonly isEmpty: boolean;
}

/** The devices that fit, what would let more of them fit, and the others by what dropped them. */
export function FoundTable({ view, wish, isEmpty }: FoundTableProps) {
  if (view.problem !== null)
    return (
      <p className="query-problem" role="status">
        {view.problem}
      </p>
    );
  const total = view.foundTotal + view.droppedTotal;
  return (
    <div className="query-results">
      <div className="query-status">
        <p role="status">
          <strong>
            {isEmpty
              ? `${plural(total, 'device')}, no constraint yet.`
              : `${view.foundTotal} of ${plural(total, 'device')} fit.`}
          </strong>{' '}
          {view.foundTotal > view.found.length && (
            <span className="muted">The first {view.found.length} are listed.</span>
          )}
        </p>
        {!isEmpty && (
          <button type="button" className="control plain" onClick={() => changeWish(noWish)}>
            <RotateCcw size={13} aria-hidden="true" /> No constraints
          </button>
        )}
      </div>
      {view.binding.length > 0 && (
        <p className="query-binding">
          {view.binding.map(({ constraint, title, devices }) => (
            <button
              key={constraint}
              type="button"
              className="control"
              onClick={() => changeWish(withoutConstraint[constraint])}
            >
              Drop “{title}”: {devices} more {devices === 1 ? 'fits' : 'fit'}
            </button>
          ))}
        </p>
      )}
      {view.found.length > 0 && <Found rows={view.found} wish={wish} />}
      {view.dropped.map(({ constraint, title, devices, rows }) => (
        <details key={constraint} className="query-group" open={devices <= 12 || view.foundTotal === 0}>
          <summary>
            <span>
              Dropped by <strong>{title}</strong>: {rows[0]?.lacks[0]?.needs} wanted
            </span>
            <span className="muted">{plural(devices, 'device')}</span>
          </summary>
          <Dropped rows={rows} title={title} more={devices - rows.length} />
        </details>
      ))}
    </div>
  );
}

function Found({ rows, wish }: { readonly rows: readonly FoundRow[]; readonly wish: DeviceWish }) {
  const memory = wish.memoryBytes !== null || wish.withinNs !== null;
  const peer = wish.peer !== null;
  return (
    <table className="query-table">
      <caption className="unseen">Devices that fit, the best first</caption>
      <thead>
        <tr>
          <th scope="col">Device</th>
          {memory && <th scope="col">Nearest memory</th>}
          {memory && (
            <th scope="col" data-number>
              Latency
            </th>
          )}
          {memory && (
            <th scope="col" data-number>
              Rate
            </th>
          )}
          {peer && <th scope="col">Peer-to-peer with {wish.peer}</th>}
          {peer && (
            <th scope="col" data-number>
              Distance
            </th>
          )}
          <th scope="col" data-number>
            Free PASIDs
          </th>
          {!memory && !peer && <th scope="col">Address and model</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <ChooseRow
            key={row.device.name}
            tab="find"
            offer={foundOffer(row)}
            {...selectPart(row.device)}
            title={<Device place={row.device} all={memory || peer} />}
          >
            {memory && <td>{row.memory?.pool ?? notTold}</td>}
            {memory && <td data-number>{row.memory === null ? notTold : printNs(row.memory.latencyNs)}</td>}
            {memory && <td data-number>{row.memory?.gbs == null ? notTold : printRate(row.memory.gbs)}</td>}
            {peer && (
              <td>
                {row.peer === null ? (
                  notTold
                ) : (
                  <>
                    {mapWord(row.peer.mapType)} <code className="muted">{row.peer.mapType}</code>
                  </>
                )}
              </td>
            )}
            {peer && <td data-number>{row.peer?.distance ?? notTold}</td>}
            <td data-number>{row.freePasids === null ? notTold : grouped(row.freePasids)}</td>
            {!memory && !peer && <td className="muted">{row.device.more}</td>}
          </ChooseRow>
        ))}
      </tbody>
    </table>
  );
}

interface DroppedProps {
  readonly rows: readonly DroppedRow[];
  readonly title: string;
  readonly more: number;
}

function Dropped({ rows, title, more }: DroppedProps) {
  const read = rows[0]?.lacks[0]?.read;
  return (
    <>
      <table className="query-table" data-dropped>
        <caption className="unseen">Devices that were dropped by {title}</caption>
        <thead>
          <tr>
            <th scope="col">Device</th>
            <th scope="col">Has</th>
            <th scope="col">By how much</th>
            <th scope="col">Lacks also</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const [first, ...others] = row.lacks;
            return (
              <ChooseRow
                key={row.device.name}
                tab="find"
                offer={droppedOffer(row)}
                {...selectPart(row.device)}
                title={<Device place={row.device} />}
              >
                <td>
                  {first?.has}
                  {first?.why != null && <div className="query-why muted">{first.why}</div>}
                </td>
                <td className="query-missing">{first?.missing ?? <span className="muted">—</span>}</td>
                <td
                  className="muted"
                  title={others
                    .map(
                      (lack) =>
                        `${lack.title}: needs ${lack.needs}, has ${lack.has}${lack.missing === null ? '' : `, ${lack.missing}`}`,
                    )
                    .join('\n')}
                >
                  {others.map((lack) => lack.title).join(', ')}
                </td>
              </ChooseRow>
            );
          })}
        </tbody>
      </table>
      <p className="query-note muted">
        {more > 0 && `${more} more are not listed. `}
        {read !== undefined && (
          <>
            Decided as in <code>{read}</code>.
          </>
        )}
      </p>
    </>
  );
}
