/**
 * Self-test 20: a device reads a buffer while another thread unmaps its second half. Not sampled, as in the kernel's
 * test, but run in every order of the steps of both: the device ends with an error or with the right data, and never
 * keeps an entry for what is gone.
 */
import { checkInvariants } from '../engine/invariants.ts';
import type { OpInput } from '../engine/operations.ts';
import { expectEqual } from './case.ts';
import * as dmirror from './dmirror.ts';
import { everyOrder } from './explore.ts';
import type { Lab } from './lab.ts';
import type { Program } from './machine.ts';

const count = 64;

function* unmapSecondHalf(): Program<null> {
  const place = `A.buffer[${count / 2}..${count}]`;
  const steps: readonly OpInput[] = [
    { op: 'munmapStart', by: 'thread', place },
    { op: 'munmapZap', by: 'thread', place },
    { op: 'munmapEnd', by: 'thread', place },
  ];
  for (const step of steps) yield step;
  return null;
}

export function teardown(lab: Lab): void {
  const file = lab.open();
  lab.map('buffer', count);
  lab.fill('A.buffer', 0, count, 0);
  let orders = 0;
  const endings = everyOrder<dmirror.Answer | null>(
    lab.world,
    (world) => [dmirror.read({ ...file, world }, { buffer: 'A.buffer', start: 0, end: count }), unmapSecondHalf()],
    ({ after, op }) => expectEqual(`invariants after ${op.op}`, checkInvariants(after), []),
    lab.rules,
  );
  for (const { order, results } of endings) {
    orders++;
    const what = `order ${order.join('')}`;
    const answer = results[0] ?? null;
    if (answer === null) expectEqual(`${what}: the device read`, 'never ends', 'ends');
    else if (answer.ret === 0) {
      expectEqual(`${what}: counts`, [answer.cpages, answer.faults], [count, 1]);
      expectEqual(
        `${what}: data`,
        answer.values,
        Array.from({ length: count }, (_, i) => i),
      );
    } else expectEqual(`${what}: return value`, answer.ret, -14);
  }
  expectEqual('more than one order', orders > 10, true);
}
