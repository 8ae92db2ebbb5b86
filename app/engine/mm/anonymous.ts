/**
 * First touch of an anonymous page.
 *
 *      A ....  --read [0]-->      A 0...   do_anonymous_page: the shared zero page, read only
 *      A ....  --write [0..4)-->  A SSSS   do_anonymous_page: a cleared frame each, exclusive
 *
 * Models do_anonymous_page of mm/memory.c. No notifier event: nothing was mapped, so no mirror can hold anything.
 */
import { frameFlag } from '../../model/frame-state.ts';
import { pteFlag, pteWord } from '../../model/pte.ts';
import type { Tx } from '../tx.ts';
import { ownAnonVma } from './areas.ts';
import { again, type FaultOutcome, type FaultSpan } from './cpu-fault.ts';
import { findFree, take } from './frames.ts';
import { poolFor } from './mempolicy.ts';
import { charge } from './rss.ts';

export function anonymousFault(tx: Tx, fault: FaultSpan): FaultOutcome {
  const { area, start, end, access, cause, group } = fault;
  const pages = end - start;
  const at = { space: area.space, start, pages };
  // check_stable_address_space: what the reaper took must not come back as zeroes.
  if (tx.get('space', area.space)?.unstable === true) return { signal: 'SIGBUS' };
  if (access === 'read') {
    tx.emit({ kind: 'doAnonymousPage', cause, group, rule: 'fault.cpu.zeroPage', at, args: { access } }, (w) => {
      w.fill('pte', area.space, start, end, [pteWord('PRESENT_ZERO', pteFlag.young | pteFlag.special), 0]);
    });
    return again;
  }
  const pool = poolFor(tx.world, area);
  const spans = pool === null ? null : findFree(tx.world, pool, pages);
  if (pool === null || spans === null)
    return tx.refuse('ENOMEM', 'fault.cpu.outOfMemory', {
      cause,
      at,
      why: 'no free frame of system memory',
      fn: 'do_anonymous_page',
    });
  tx.emit({ kind: 'doAnonymousPage', cause, group, rule: 'fault.cpu.anonymous', at, args: { access } }, (w) => {
    const anonVma = ownAnonVma(w, area.id);
    const index = area.pgoff + (start - area.start);
    take(w, pool, spans, { flags: frameFlag.anonExclusive, refs: 1, maps: 1, pins: 0, anonVma, index, content: 0 });
    let page = start;
    for (const span of spans) {
      const length = span.end - span.start;
      w.fill(
        'pte',
        area.space,
        page,
        page + length,
        [pteWord('PRESENT', pteFlag.write | pteFlag.young), span.start],
        [0, length > 1 ? 1 : 0],
      );
      page += length;
    }
    charge(w, area.space, 'anon', pages);
  });
  return again;
}
