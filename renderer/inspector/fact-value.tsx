import type { Fact } from '../../app/contract/frame.ts';

/** The value of a fact; what the source cannot tell looks unknown, and is never 0. */
export function FactValue({ fact }: { readonly fact: Fact }) {
  if (fact.value === null) return <span className="unknown">unknown</span>;
  return <>{fact.value}</>;
}
