import { Fragment } from 'react';
import { printRate } from '../../app/base/format.ts';
import type { LegView, PipelineView, PlanView } from '../../app/contract/fabric-queries.ts';
import type { StageText } from '../stores/queries.ts';
import { ChooseRow } from './choose-row.tsx';
import { engineWord, grouped, mapWord, printNs } from './print.ts';
import { useShownKey, type Offer } from './use-query.ts';

export const planOffer = ({ devices, totalNs, drawn }: PlanView, i: number): Offer => ({
  key: String(i),
  said: `plan ${i + 1}, ${devices.join(' to ')}, ${printNs(totalNs)}`,
  drawn,
});

interface PlanTableProps {
  readonly view: PipelineView;
  readonly stages: readonly StageText[];
}

/** Plans, the best first, and the transfers of the one on show. */
export function PlanTable({ view: { problem, stuck, plans }, stages }: PlanTableProps) {
  const key = useShownKey('pipeline');
  const shown = plans[Number(key ?? '0')] ?? plans[0];
  const [best] = plans;
  if (problem !== null || stuck !== null || shown === undefined || best === undefined) {
    const engine = stages[stuck?.stage ?? 0]?.engine;
    return (
      <p className="query-problem" role="status">
        {problem ??
          (stuck === null
            ? 'There is no plan.'
            : `Stage ${stuck.stage + 1}${engine === undefined ? '' : ` (${engineWord(engine)})`}: ${stuck.said}.`)}
      </p>
    );
  }
  return (
    <div className="query-results">
      <p role="status" className="unseen">
        {plans.length} plans; the best takes {printNs(best.totalNs)}
      </p>
      <table className="query-table">
        <caption className="unseen">Plans, the best first</caption>
        <thead>
          <tr>
            <th scope="col">Devices and [buffers]</th>
            <th scope="col" data-number>
              Takes
            </th>
            <th scope="col">Of that</th>
          </tr>
        </thead>
        <tbody>
          {plans.map((plan, i) => (
            <ChooseRow
              key={i}
              tab="pipeline"
              offer={planOffer(plan, i)}
              title={
                <span className="query-chain">
                  <span className="query-number">{i + 1}</span>
                  <span>
                    {plan.devices.map((device, at) => (
                      <Fragment key={at}>
                        <b>{device}</b>
                        {plan.buffers[at] !== undefined && <span className="muted">→ [{plan.buffers[at]}] →</span>}
                      </Fragment>
                    ))}
                  </span>
                </span>
              }
            >
              <td data-number>
                {printNs(plan.totalNs)}
                {plan.totalNs - best.totalNs >= 1 && (
                  <div className="muted">+{grouped(plan.totalNs - best.totalNs)}</div>
                )}
              </td>
              <td>
                {printNs(plan.latencyNs)} on the way
                <br />
                {plan.bottleneck === null ? (
                  <span className="unknown">nothing tells a rate</span>
                ) : (
                  `${printNs(plan.busyNs)} at ${plan.bottleneck}`
                )}
              </td>
            </ChooseRow>
          ))}
        </tbody>
      </table>
      {shown.legs.length > 0 && (
        <>
          <h3>Plan {plans.indexOf(shown) + 1}, transfer by transfer</h3>
          <Legs legs={shown.legs} />
          <p className="query-note muted">
            A plan takes the latencies of all its ways, and what its busiest wire or engine needs when everything runs
            at once.
          </p>
        </>
      )}
    </div>
  );
}

function Legs({ legs }: { readonly legs: readonly LegView[] }) {
  return (
    <table className="query-table" data-plain>
      <caption className="unseen">Transfers of the plan</caption>
      <thead>
        <tr>
          <th scope="col">Transfer</th>
          <th scope="col" data-number>
            Latency
          </th>
          <th scope="col" data-number>
            Rate
          </th>
          <th scope="col">Peer-to-peer</th>
          <th scope="col">Way</th>
        </tr>
      </thead>
      <tbody>
        {legs.map((leg, i) => (
          <tr key={i}>
            <th scope="row">
              {leg.device} {leg.kind === 'write' ? 'writes' : 'reads'} {leg.buffer}
            </th>
            <td data-number>{printNs(leg.latencyNs)}</td>
            <td data-number>{leg.gbs === null ? <span className="unknown">not told</span> : printRate(leg.gbs)}</td>
            <td>{leg.mapType === 'NONE' ? <span className="muted">—</span> : mapWord(leg.mapType)}</td>
            <td className="muted query-path" title={leg.path.join(' – ')}>
              {leg.path.length - 1} {leg.path.length === 2 ? 'link' : 'links'}
              {leg.bottleneck === null ? '' : `, narrowest ${leg.bottleneck}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
