/** Rows of the page-table panel: a page's CPU entry beside each device's entry and the frame. */
import { printHex } from '../base/format.ts';
import type { PageRow, PageTableView } from '../contract/frame.ts';
import { deviceFlag, devicePermits, deviceTarget } from '../model/device-pte.ts';
import { frameFlag, readFrame } from '../model/frame-state.ts';
import type { LegendId } from '../model/legend.ts';
import { pageBytes } from '../model/ids.ts';
import { hasFlag, hasFrame, isDevPrivate, isMigration, pteFlag, pteKind } from '../model/pte.ts';
import type { World } from '../model/world.ts';
import type { Violation } from '../engine/invariants.ts';
import { pageMap } from '../engine/apply.ts';
import { allFrames, poolOf } from '../engine/mm/frames.ts';
import { slotColumn, swapArea } from '../engine/mm/swap-slots.ts';
import { cpuState } from '../notation/strip.ts';

/** Devices that map a space, in order: the columns of its tables. Contexts have tables of their own, bonds a cache. */
export const columnsOf = (world: World, space: string): readonly string[] => [
  ...Object.entries(world.records.context)
    .filter(([, c]) => c.space === space && c.open)
    .map(([key]) => key),
  ...Object.entries(world.records.svaBond)
    .filter(([, bond]) => bond.space === space)
    .map(([key]) => key),
];

/** The page table that a column shows. */
export const tableOfColumn = (world: World, column: string): 'devicePte' | 'atc' =>
  world.records.context[column] === undefined && world.records.svaBond[column] !== undefined ? 'atc' : 'devicePte';

/** "PRESENT rw", "DEVPRIV w", "MIGRATION r" */
export function printEntry(entry: readonly number[] | null): string {
  if (entry === null) return 'none';
  const word = entry[0] ?? 0;
  const kind = pteKind(word);
  if (kind === 'PRESENT') return `PRESENT ${hasFlag(word, pteFlag.write) ? 'rw' : 'r'}`;
  if (kind === 'PRESENT_ZERO') return 'PRESENT zero';
  if (isDevPrivate(word)) return `DEVPRIV ${kind === 'DEVPRIV_WRITE' ? 'w' : 'r'}`;
  if (isMigration(word))
    return `MIGRATION ${kind === 'MIGRATION_WRITE' ? 'w' : kind === 'MIGRATION_READ' ? 'r' : 'r exclusive'}`;
  if (kind === 'SWAP') return `SWAP slot ${entry[1] ?? 0}${hasFlag(word, pteFlag.exclusive) ? ' exclusive' : ''}`;
  return kind;
}

function printFrame(world: World, frame: number): string {
  const pool = poolOf(world, frame);
  return `${pool === null ? 'unknown' : pool.id} ${printHex(frame)}`;
}

function frameNote(world: World, frame: number): string | null {
  const values = pageMap(world, 'frame', allFrames).get(frame);
  if (values === null) return 'free';
  const state = readFrame(values);
  const words = [`refs ${state.refs}`, `maps ${state.maps}`];
  if (state.pins > 0) words.push(`pins ${state.pins}`);
  for (const [flag, word] of [
    ['anonExclusive', 'exclusive'],
    ['locked', 'locked'],
    ['pageCache', 'page cache'],
    ['swapCache', 'swap cache'],
    ['lazyFree', 'given up'],
    ['poisoned', 'poisoned'],
  ] as const) {
    if ((state.flags & frameFlag[flag]) !== 0) words.push(word);
  }
  return words.join(', ');
}

/** "local rw", "sys r", "sys rw atomic" */
export function printDeviceEntry(entry: readonly number[] | null): string {
  if (entry === null) return '—';
  const word = entry[0] ?? 0;
  const target = { LOCAL: 'local', SYS: 'sys', PEER_BUS: 'peer bus', PEER_HOST: 'peer host', ERROR: 'error' }[
    deviceTarget(word)
  ];
  return `${target} ${devicePermits(word, 'write') ? 'rw' : 'r'}${(word & deviceFlag.atomic) !== 0 ? ' atomic' : ''}`;
}

function deviceState(world: World, entry: readonly number[] | null): LegendId {
  if (entry === null) return 'none';
  if (deviceTarget(entry[0] ?? 0) === 'ERROR') return 'poison';
  return poolOf(world, entry[1] ?? 0)?.registration ?? 'system';
}

const same = (a: readonly number[] | null, b: readonly number[] | null): boolean =>
  a === b || (a !== null && b !== null && a.every((v, i) => v === b[i]));

function alertAt(violations: readonly Violation[], page: number, context: string | null): string | null {
  const found = violations.find(
    ({ at }) =>
      (at.context ?? null) === context &&
      at.start !== undefined &&
      at.start <= page &&
      page < at.start + (at.pages ?? 1),
  );
  return found === undefined ? null : `${found.invariant}: ${found.text}`;
}

export interface TableRequest {
  readonly table: string;
  readonly start: number;
  readonly count: number;
}

/** The rows asked for of a buffer's table in `world`; rows and cells that differ from `before` are marked. */
export function tableView(
  before: World,
  world: World,
  violations: readonly Violation[],
  { table, start, count }: TableRequest,
): PageTableView | null {
  const buffer = world.records.buffer[table];
  if (buffer === undefined) return null;
  const cpu = pageMap(world, 'pte', buffer.space);
  const cpuBefore = pageMap(before, 'pte', buffer.space);
  const columns = columnsOf(world, buffer.space);
  const own = violations.filter((v) => v.at.space === buffer.space);
  const rows: PageRow[] = [];
  for (let page = start; page < Math.min(start + count, buffer.pages); page++) {
    const vpn = buffer.start + page;
    const entry = cpu.get(vpn);
    const named = entry !== null && hasFrame(entry[0] ?? 0) ? (entry[1] ?? null) : null;
    const content = named === null ? null : (pageMap(world, 'frame', allFrames).get(named)?.[6] ?? null);
    const slot = entry !== null && pteKind(entry[0] ?? 0) === 'SWAP' ? (entry[1] ?? 0) : null;
    rows.push({
      page,
      address: printHex(vpn * pageBytes),
      state: cpuState(world, entry),
      entry: printEntry(entry),
      frame:
        named !== null
          ? printFrame(world, named)
          : entry !== null && pteKind(entry[0] ?? 0) === 'PRESENT_ZERO'
            ? 'zero page'
            : null,
      value:
        named !== null
          ? content === null
            ? null
            : String(content)
          : slot !== null
            ? String(pageMap(world, 'swapSlot', swapArea).column(slot, slotColumn.content) ?? '')
            : entry !== null && pteKind(entry[0] ?? 0) === 'PRESENT_ZERO'
              ? '0'
              : null,
      frameNote: named === null ? null : frameNote(world, named),
      devices: columns.map((context) => {
        const mine = pageMap(world, tableOfColumn(world, context), context).get(vpn);
        const alert = alertAt(own, vpn, context);
        return {
          text: printDeviceEntry(mine),
          state: alert !== null ? 'stale' : deviceState(world, mine),
          changed: !same(mine, pageMap(before, tableOfColumn(world, context), context).get(vpn)),
          alert,
        };
      }),
      changed: !same(entry, cpuBefore.get(vpn)),
      alert: alertAt(own, vpn, null),
    });
  }
  const spans = changedSpans(before, world, buffer, columns);
  return {
    id: table,
    title: table,
    totalPages: buffer.pages,
    changedPages: spans.reduce((sum, span) => sum + span.end - span.start, 0),
    changedSpans: spans.slice(0, 256),
    columns: columns.map((key) => world.records.context[key]?.device ?? key),
    start,
    rows,
  };
}

/** Pages whose CPU entry or device entries differ, as disjoint spans in order. */
function changedSpans(
  before: World,
  after: World,
  buffer: { readonly space: string; readonly start: number; readonly pages: number },
  columns: readonly string[],
): readonly { readonly start: number; readonly end: number }[] {
  const end = buffer.start + buffer.pages;
  const spans = [
    ...pageMap(after, 'pte', buffer.space).diff(pageMap(before, 'pte', buffer.space)),
    ...columns.flatMap((key) => {
      const table = tableOfColumn(after, key);
      return pageMap(after, table, key).diff(pageMap(before, table, key));
    }),
  ]
    .filter((span) => span.start < end && span.end > buffer.start)
    .map((span) => ({
      start: Math.max(span.start, buffer.start) - buffer.start,
      end: Math.min(span.end, end) - buffer.start,
    }))
    .sort((a, b) => a.start - b.start);
  const joined: { start: number; end: number }[] = [];
  for (const span of spans) {
    const last = joined[joined.length - 1];
    if (last !== undefined && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else joined.push({ ...span });
  }
  return joined;
}
