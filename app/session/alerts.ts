/** What must hold and does not, told of the nodes, strips and pages of a picture. */
import type { Frame } from '../contract/frame.ts';
import { checkInvariants, type Violation } from '../engine/invariants.ts';
import { namePlace } from '../engine/place.ts';
import type { World } from '../model/world.ts';
import type { NodeNames } from '../view/relations-view.ts';

/** Violations of worlds that were asked about; a world is immutable, so they never change. */
const known = new WeakMap<World, readonly Violation[]>();

/** Keeps what a run has found already. */
export function rememberViolations(world: World, violations: readonly Violation[]): void {
  known.set(world, violations);
}

export function violationsIn(world: World): readonly Violation[] {
  let found = known.get(world);
  if (found === undefined) {
    found = checkInvariants(world);
    known.set(world, found);
  }
  return found;
}

const shown = 100;

export function alertsIn(world: World, names: NodeNames): Frame['alerts'] {
  return violationsIn(world)
    .slice(0, shown)
    .map((v) => ({
      invariant: v.invariant,
      text: v.text,
      node: (v.at.context === undefined ? processNode(v) : undefined) ?? deviceNode(world, names, v) ?? null,
      strip: stripOf(world, v),
      page: pageOf(world, v),
    }));
}

/** By node, what is broken there. */
export function alertsByNode(world: World, names: NodeNames): ReadonlyMap<string, readonly string[]> {
  const alerts = new Map<string, string[]>();
  for (const v of violationsIn(world))
    for (const node of [deviceNode(world, names, v), processNode(v)])
      if (node !== undefined) alerts.set(node, [...(alerts.get(node) ?? []), `${v.invariant}: ${v.text}`]);
  return alerts;
}

function deviceNode(world: World, names: NodeNames, { at }: Violation): string | undefined {
  const device = at.context === undefined ? at.device : world.records.context[at.context]?.device;
  return names.device.get(device ?? '');
}

const processNode = ({ at }: Violation): string | undefined =>
  at.space === undefined ? undefined : `process:${at.space}`;

/** Name of the buffer that a violation is in. */
const bufferOf = (world: World, { at }: Violation): string | undefined => namePlace(world, at)?.replace(/\[.*$/, '');

function stripOf(world: World, violation: Violation): string | null {
  const name = bufferOf(world, violation);
  return name === undefined ? null : `space:${name}`;
}

function pageOf(world: World, violation: Violation): number | null {
  const buffer = world.records.buffer[bufferOf(world, violation) ?? ''];
  return buffer === undefined || violation.at.start === undefined ? null : violation.at.start - buffer.start;
}
