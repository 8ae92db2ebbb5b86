/** What devices share, as facts of nodes and lines between them: buffer objects, importers, regions, address spaces. */
import { plural, printBytes } from '../base/format.ts';
import type { Fact, GraphRelation } from '../contract/frame.ts';
import { deviceTarget, type DeviceTarget } from '../model/device-pte.ts';
import { pageBytes } from '../model/ids.ts';
import type { LegendId } from '../model/legend.ts';
import type { World } from '../model/world.ts';
import { pageMap } from '../engine/apply.ts';
import type { Event } from '../engine/event.ts';
import type { Violation } from '../engine/invariants.ts';
import { poolOf } from '../engine/mm/frames.ts';
import type { NodeNames } from './relations-view.ts';

const targetWords: { readonly [K in DeviceTarget]: string } = {
  LOCAL: 'its own memory',
  SYS: 'main memory',
  PEER_BUS: 'peer, bus addresses',
  PEER_HOST: 'peer, through the host bridge',
  ERROR: 'error',
};

/** What an importing device has for an attachment or a region: where it leads, and how far. */
function addressesOf(
  world: World,
  key: string,
): { readonly pages: number; readonly target: DeviceTarget; readonly pool: string | null } | null {
  const runs = pageMap(world, 'importPte', key).occupied();
  const first = runs[0];
  if (first === undefined) return null;
  return {
    pages: runs.reduce((sum, run) => sum + run.end - run.start, 0),
    target: deviceTarget(first.values[0] ?? 0),
    pool: poolOf(world, first.values[1] ?? 0)?.id ?? null,
  };
}

const importerOf = (world: World, key: string): string | null =>
  world.records.attachment[key]?.importer ?? world.records.memoryRegion[key]?.device ?? null;

/** A line from each importing device to the memory that it has addresses of, and from each device to a space that it shares. */
export function sharingRelations(
  world: World,
  names: NodeNames,
  violations: readonly Violation[],
): readonly GraphRelation[] {
  const imports = Object.keys(world.pages.importPte).flatMap((key): readonly GraphRelation[] => {
    const importer = importerOf(world, key);
    const addresses = addressesOf(world, key);
    const source = importer === null ? undefined : names.device.get(importer);
    const target = names.pool.get(addresses?.pool ?? '');
    if (addresses === null || source === undefined || target === undefined) return [];
    const broken = violations.some((v) => (v.invariant === 'I11' || v.invariant === 'S1') && v.at.device === importer);
    const waiting = world.records.attachment[key]?.mapping === 'stale';
    const pinned = world.records.memoryRegion[key]?.kind === 'pinned';
    const state: LegendId = broken
      ? 'stale'
      : waiting
        ? 'migrating'
        : pinned
          ? 'pinned'
          : addresses.target === 'SYS'
            ? 'system'
            : 'bar';
    const words = [
      `${key}: ${plural(addresses.pages, 'page')}`,
      broken ? 'stale' : waiting ? 'stale until the fence signals' : targetWords[addresses.target],
    ];
    return [{ id: `imports:${key}`, kind: 'maps', source, target, label: words.join(', '), route: [], state }];
  });
  const shares = Object.entries(world.records.svaBond).flatMap(([key, bond]): readonly GraphRelation[] => {
    const source = names.device.get(bond.device);
    const process = Object.entries(world.records.process).find(([, p]) => p.space === bond.space)?.[0];
    if (source === undefined || process === undefined) return [];
    return [
      {
        id: `shares:${key}`,
        kind: 'mirror',
        source,
        target: `process:${process}`,
        label: `shares its address space, PASID ${bond.pasid}`,
        route: [],
        state: 'system',
      },
    ];
  });
  return [...imports, ...shares];
}

/** DMA through a mapping, and importers that are told, as lines of the moment. */
export function sharingAction(
  world: World,
  event: Event,
  names: NodeNames,
  wires: (from: string, to: string) => readonly string[],
): GraphRelation | null {
  if (event.kind === 'dmaRead' || event.kind === 'dmaWrite') {
    const device = names.device.get(event.at.device ?? '');
    const memory = names.pool.get(addressesOf(world, String(event.args['through']))?.pool ?? '');
    const pages = Number(event.args['pages']);
    if (device === undefined || memory === undefined) return null;
    const [source, target] = event.kind === 'dmaWrite' ? [device, memory] : [memory, device];
    const label = `${plural(pages, 'page')} · ${printBytes(pages * pageBytes)} by DMA`;
    const route = wires(source, target);
    return { id: `dma:${source}:${target}`, kind: 'transfer', source, target, label, route, state: 'system' };
  }
  if (event.kind === 'importerInvalidated') {
    const attachment = world.records.attachment[String(event.args['attachment'])];
    const exporter = world.records.dmaBuf[attachment?.dmaBuf ?? '']?.device ?? '';
    const source = names.device.get(exporter) ?? names.cpu;
    const target = names.device.get(event.at.device ?? '');
    if (source === null || target === undefined) return null;
    const label = `${attachment?.dmaBuf ?? 'buffer'}: ${event.args['permanent'] === true ? 'stop for good' : 'it moves'}`;
    return { id: `told:${target}`, kind: 'invalidate', source, target, label, route: [], state: null };
  }
  if (event.kind === 'atcInvalidated') {
    const bond = world.records.svaBond[event.at.context ?? ''];
    const target = bond === undefined ? undefined : names.device.get(bond.device);
    if (target === undefined || names.cpu === null) return null;
    const label = `flush, PASID ${String(event.args['pasid'])}`;
    return {
      id: `flush:${target}`,
      kind: 'invalidate',
      source: names.cpu,
      target,
      label,
      route: wires(names.cpu, target),
      state: null,
    };
  }
  return null;
}

/** A buffer object in one line: "4 pages in gpu0.vram, pinned 1, exported as shared". */
function describeObject(world: World, name: string): string {
  const object = world.records.object[name];
  if (object === undefined) return '';
  const frame = pageMap(world, 'objectPage', name).get(0)?.[0] ?? null;
  const pool = frame === null ? null : (poolOf(world, frame)?.id ?? null);
  const exports = Object.entries(world.records.dmaBuf).filter(([, dmaBuf]) => dmaBuf.object === name);
  const fences = world.records.reservation[name]?.fences.length ?? 0;
  return [
    `${plural(object.pages, 'page')} ${pool === null ? 'of a process' : `in ${pool}`}`,
    ...(object.pins > 0 ? [`pinned ${object.pins}`] : []),
    ...exports.map(([key, dmaBuf]) => `exported as ${key}${dmaBuf.revoked ? ', revoked' : ''}`),
    ...(fences > 0 ? [plural(fences, 'fence')] : []),
    ...(object.handles.length > 0 ? [`of ${object.handles.join(', ')}`] : ['nobody has a handle']),
  ].join(', ');
}

function describeImport(world: World, key: string): string {
  const attachment = world.records.attachment[key];
  const addresses = addressesOf(world, key);
  const words: string[] = [];
  if (attachment !== undefined) {
    words.push(attachment.dmaBuf, attachment.dynamic ? 'follows moves' : 'static');
    if (attachment.peer2peer) words.push('peer-to-peer');
    if (attachment.pins > 0) words.push(`pins ${attachment.pins}`);
    words.push(
      attachment.revoked ? 'told to stop for good' : attachment.mapping === 'none' ? 'not mapped' : attachment.mapping,
    );
  }
  if (addresses !== null) words.push(`${plural(addresses.pages, 'page')} of ${targetWords[addresses.target]}`);
  return words.join(', ');
}

/** Facts that a world adds to the nodes of devices and processes, by node. */
export function sharingFacts(world: World, names: NodeNames): ReadonlyMap<string, readonly Fact[]> {
  const facts = new Map<string, Fact[]>();
  const add = (node: string | undefined, label: string, value: string): void => {
    if (node !== undefined) facts.set(node, [...(facts.get(node) ?? []), { label, value }]);
  };
  const { object, attachment, memoryRegion, svaBond, pasid, descriptor, pageRequests, dmaBuf } = world.records;
  for (const [name, record] of Object.entries(object))
    add(names.device.get(record.device ?? ''), `buffer ${name}`, describeObject(world, name));
  for (const [name, record] of Object.entries(dmaBuf))
    if (record.object === null)
      add(
        names.device.get(record.device ?? ''),
        `dma-buf ${name}`,
        `no memory any more, held by ${record.holders.join(', ')}`,
      );
  for (const [key, record] of Object.entries(attachment))
    if (memoryRegion[key] === undefined)
      add(names.device.get(record.importer), `import ${key}`, describeImport(world, key));
  for (const [key, region] of Object.entries(memoryRegion)) {
    const what = [region.kind, `rkey 0x${region.rkey.toString(16)}`, describeImport(world, key)];
    add(names.device.get(region.device), `region ${key}`, what.filter((word) => word !== '').join(', '));
  }
  for (const bond of Object.values(svaBond)) {
    const value = `PASID ${bond.pasid}, ${bond.refs} bound, domain ${bond.domain}`;
    add(names.device.get(bond.device), `shares ${bond.space}`, value);
  }
  for (const [device, state] of Object.entries(pageRequests))
    add(
      names.device.get(device),
      'page requests',
      state.stopped ? 'told failure: it asks no more' : `queue of ${state.queue}${state.broken ? ', in error' : ''}`,
    );
  for (const [name, process] of Object.entries(world.records.process)) {
    const node = `process:${name}`;
    const number = pasid[process.space]?.value;
    if (number !== undefined) add(node, 'PASID', String(number));
    const files = Object.values(descriptor).filter((d) => d.process === name);
    if (files.length > 0) add(node, 'open files', files.map((d) => `${d.number}: ${d.file.name}`).join(', '));
    const held = Object.entries(object).filter(([, o]) => o.handles.includes(name));
    if (held.length > 0) add(node, 'buffer objects', held.map(([key]) => key).join(', '));
  }
  return facts;
}
