import { useMemo } from 'react';
import { ArrowLeftRight } from 'lucide-react';
import { plural, printRate } from '../../app/base/format.ts';
import type { FabricOffer, RouteView, WayView } from '../../app/contract/fabric-queries.ts';
import { client } from '../client.ts';
import { useQueries } from '../stores/queries.ts';
import { ChooseRow } from './choose-row.tsx';
import { Examples } from './examples.tsx';
import { HopTable } from './hop-table.tsx';
import { PlaceField } from './place-field.tsx';
import { mapWord, printNs } from './print.ts';
import { useQuery, useShown, useShownKey, type Offer } from './use-query.ts';

interface Way extends Offer {
  readonly title: string;
  readonly note: string;
  readonly way: WayView;
}

/** The ways of an answer, each once. */
function waysOf({ nearest, widest, same, peer }: RouteView, between: string): readonly Way[] {
  const way = (key: string, title: string, note: string, view: WayView | null): readonly Way[] =>
    view === null
      ? []
      : [
          {
            key,
            title,
            note,
            way: view,
            drawn: view.drawn,
            said: `${between}, ${title === 'Peer DMA' ? 'peer DMA' : title.toLowerCase()}: ${printNs(view.latencyNs)}, ${view.gbs === null ? 'rate not told' : printRate(view.gbs)}`,
          },
        ];
  return [
    ...way(
      'nearest',
      same ? 'Nearest and widest' : 'Nearest',
      same ? 'no other way is better' : 'least latency',
      nearest,
    ),
    ...(same ? [] : way('widest', 'Widest', 'most bandwidth', widest)),
    ...(peer === null ? [] : way('peer', 'Peer DMA', mapWord(peer.mapType), peer.way)),
  ];
}

const ends = (from: string, to: string): void => useQueries.setState({ from, to });

/** The nearest and the widest way between two places, and the one that peer DMA takes. */
export function RouteTab({ offer }: { readonly offer: FabricOffer }) {
  const { from, to } = useQueries();
  const isAsked = from !== '' && to !== '';
  const answer = useQuery(isAsked ? JSON.stringify([from, to]) : null, (cursor) =>
    client().request('findRoutes', { cursor, from, to }),
  );
  const ways = useMemo(() => (answer === null ? [] : waysOf(answer.view, `${from} to ${to}`)), [answer]);
  useShown('route', answer, ways, true);
  return (
    <>
      <p className="query-lead">
        Name two places: the way with the least latency, the one with the most bandwidth at its narrowest link, and the
        one that peer-to-peer DMA is left with.
      </p>
      <form className="query-form" aria-label="Ends of the way" onSubmit={(event) => event.preventDefault()}>
        <PlaceField label="From" value={from} of="place" placeholder="e.g. gpu0" onChange={(name) => ends(name, to)} />
        <button
          type="button"
          className="control square query-swap"
          aria-label="Swap the two ends"
          title="Swap the two ends"
          onClick={() => ends(to, from)}
        >
          <ArrowLeftRight size={14} aria-hidden="true" />
        </button>
        <PlaceField label="To" value={to} of="place" placeholder="e.g. dram0" onChange={(name) => ends(from, name)} />
        {!isAsked && (
          <div className="query-actions">
            <Examples list={offer.examples.routes} onChoose={(example) => ends(example.from, example.to)} />
          </div>
        )}
      </form>
      {isAsked && answer !== null && <Ways view={answer.view} ways={ways} from={from} to={to} />}
      {!isAsked && (
        <p className="view-empty">
          <strong>Two ends make a way.</strong>
          {plural(offer.places, 'place')} of this machine can be named: begin to type, or press ↓ to see them.
        </p>
      )}
    </>
  );
}

interface WaysProps {
  readonly view: RouteView;
  readonly ways: readonly Way[];
  readonly from: string;
  readonly to: string;
}

function Ways({ view, ways, from, to }: WaysProps) {
  const key = useShownKey('route');
  const shown = ways.find((way) => way.key === key) ?? ways[0];
  if (view.problem !== null || shown === undefined)
    return (
      <p className="query-problem" role="status">
        {view.problem ?? `No wire leads from ${from} to ${to}.`}
      </p>
    );
  return (
    <div className="query-results">
      <p role="status" className="unseen">
        {ways.map(({ said }) => said).join('; ')}
      </p>
      <table className="query-table">
        <caption className="unseen">
          Ways from {from} to {to}
        </caption>
        <thead>
          <tr>
            <th scope="col">Way</th>
            <th scope="col" data-number>
              Latency
            </th>
            <th scope="col" data-number>
              Rate
            </th>
            <th scope="col">Narrowest link</th>
            <th scope="col" data-number>
              Links
            </th>
          </tr>
        </thead>
        <tbody>
          {ways.map(({ title, note, way, ...offer }) => (
            <ChooseRow
              key={offer.key}
              tab="route"
              offer={offer}
              title={
                <>
                  <b>{title}</b> <span className="muted">{note}</span>
                </>
              }
            >
              <td data-number>{printNs(way.latencyNs)}</td>
              <td data-number>
                {way.gbs === null ? <span className="unknown">not told</span> : printRate(way.gbs)}
                {way.untold > 0 && way.gbs !== null && <span className="muted"> or less</span>}
              </td>
              <td>{way.bottleneck ?? <span className="unknown">none tells its rate</span>}</td>
              <td data-number>{way.hops.length}</td>
            </ChooseRow>
          ))}
        </tbody>
      </table>
      {view.peer !== null && (
        <p className="query-peer" data-refused={view.peer.way === null || undefined}>
          Peer-to-peer DMA from {from} to memory of {to}: <strong>{mapWord(view.peer.mapType)}</strong>{' '}
          <code>{view.peer.mapType}</code>
          {view.peer.distance === null ? '' : `, distance ${view.peer.distance}`}. {capital(view.peer.said)}.
        </p>
      )}
      <HopTable title={shown.title} from={from} way={shown.way} />
    </div>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
