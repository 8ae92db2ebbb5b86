import { plural, printRate } from '../../app/base/format.ts';
import type { WayHop, WayView } from '../../app/contract/fabric-queries.ts';
import { printNs } from './print.ts';

/** Where a figure comes from, where it is not told. */
function Source({ from }: { readonly from: WayHop['latencyFrom'] }) {
  return from === 'default' || from === 'derived' ? (
    <span
      className="query-source"
      title={
        from === 'default'
          ? 'an engineering default of the cost model'
          : 'worked out from the speed and width of the link'
      }
    >
      {from}
    </span>
  ) : null;
}

interface HopTableProps {
  readonly title: string;
  readonly from: string;
  readonly way: WayView;
}

/** The links of a way, in the direction of travel. */
export function HopTable({ title, from, way }: HopTableProps) {
  return (
    <>
      <h3>
        {title}: {plural(way.hops.length, 'link')} from {from}
      </h3>
      <table className="query-table" data-plain>
        <caption className="unseen">Links of the {title.toLowerCase()} way</caption>
        <thead>
          <tr>
            <th scope="col">To</th>
            <th scope="col">Over</th>
            <th scope="col" data-number>
              Latency
            </th>
            <th scope="col" data-number>
              Rate
            </th>
          </tr>
        </thead>
        <tbody>
          {way.hops.map((hop, i) => (
            <tr key={i} data-narrow={hop.narrowest || undefined}>
              <th scope="row">
                {hop.to} {hop.toKind !== hop.to && <span className="muted">{hop.toKind}</span>}
              </th>
              <td>{hop.link === 'internal' ? <span className="muted">inside</span> : hop.link}</td>
              <td data-number>
                {printNs(hop.latencyNs)} <Source from={hop.latencyFrom} />
              </td>
              <td data-number>
                {hop.gbs !== null ? (
                  <>
                    {printRate(hop.gbs)} <Source from={hop.gbsFrom} />
                  </>
                ) : hop.link === 'internal' ? (
                  <span className="muted">no limit of its own</span>
                ) : (
                  <span className="unknown">not told</span>
                )}
                {hop.narrowest && <span className="query-narrow">narrowest</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
