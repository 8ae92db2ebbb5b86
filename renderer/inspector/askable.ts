import type { DocumentHead, WhyTarget } from '../../app/contract/requests.ts';

/** True where the open document has what is asked about: a link may name what another document had. */
export function isAskable(head: DocumentHead | null, target: WhyTarget): boolean {
  if (head === null) return false;
  if (target.kind === 'event')
    return target.step < head.steps.length && target.event < (head.steps[target.step]?.events ?? 0);
  const table = head.tables.find(({ id }) => id === target.table);
  return table !== undefined && target.page < table.pages;
}
