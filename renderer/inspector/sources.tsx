import type { Fact } from '../../app/contract/frame.ts';

/** False for what sources contradict each other about: it is listed apart, with every value. */
export const isPlain = (fact: Fact): boolean => fact.claims === undefined;

/** What the sources of an object say differently: each value with the file and line that says it; the first one stands. */
export function Contradictions({ facts }: { readonly facts: readonly Fact[] }) {
  const found = facts.filter((fact) => !isPlain(fact));
  if (found.length === 0) return null;
  return (
    <section className="contradictions" aria-label="The sources contradict each other">
      <h4>The sources contradict each other</h4>
      <dl className="facts">
        {found.map((fact) => (
          <div key={fact.label}>
            <dt>{fact.label}</dt>
            <dd>
              {(fact.claims ?? []).map((claim, i) => (
                <span key={i} className="claim" data-stands={i === 0 || undefined}>
                  {claim.value} <span className="fact-note">{claim.from}</span>
                </span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Where an object was read. */
export function Origins({ origins }: { readonly origins: readonly string[] }) {
  if (origins.length === 0) return null;
  return (
    <>
      <h4>Read from</h4>
      <ul className="origins">
        {origins.map((origin) => (
          <li key={origin}>
            <code>{origin}</code>
          </li>
        ))}
      </ul>
    </>
  );
}
