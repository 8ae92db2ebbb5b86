/** Device nodes, owners, queues and error counters: facts of devices and processes, and lines between them. */
import { plural, printBytes } from '../base/format.ts';
import type { Fact, GraphEdge, GraphRelation } from '../contract/frame.ts';
import type { Event } from '../engine/event.ts';
import type { Container } from '../model/minors.ts';
import type { DeviceNode, NodeFile, Ownership, UacceQueue } from '../model/owners.ts';
import type { World } from '../model/world.ts';
import { route, type NodeNames } from './relations-view.ts';

const of = <T extends { readonly device: string }>(
  table: Readonly<Record<string, T>>,
  device: string,
): readonly (readonly [string, T])[] => Object.entries(table).filter(([, record]) => record.device === device);

const nodeFact = ([name, node]: readonly [string, DeviceNode]): Fact => ({
  label: `node ${name}`,
  value: `${node.major}:${node.minor}, ${node.state}`,
  note: node.state === 'live' ? 'an open finds the device' : 'the number is taken; an open finds nothing',
});

/** "A, master" or "A and B, authenticated" */
function fileWords(file: NodeFile, isMaster: boolean): string {
  const rank = isMaster ? ', master' : file.master !== null && !file.authenticated ? ', not authenticated' : '';
  return `${file.holders.join(' and ')}${rank}`;
}

const isCurrent = (world: World, file: NodeFile): boolean =>
  file.isMaster && file.master !== null && world.records.drmDevice[file.device]?.master === file.master;

const queueWords = (queue: UacceQueue): string =>
  `${queue.state}${queue.pasid === null ? '' : `, PASID ${queue.pasid}`}${queue.holders.length === 0 ? ', file closed' : `, ${queue.holders.join(' and ')}`}`;

function ownershipFacts(own: Ownership): readonly Fact[] {
  if (own.policy === 'shared') return own.commands.length === 0 ? [] : [commands(own)];
  const owner: Fact =
    own.policy === 'exclusive'
      ? { label: 'owner', value: own.owner ?? 'nobody' }
      : { label: 'context', value: own.context === 'none' ? 'none' : own.context };
  return [
    { label: 'owner policy', value: own.policy === 'exclusive' ? 'one exclusive owner' : 'a single user' },
    owner,
    ...(own.token.length === 0
      ? []
      : [{ label: 'owner token held by', value: own.token.join(', '), note: 'exports that cannot be taken back' }]),
    ...(own.state === 'ok' ? [] : [{ label: 'state', value: own.state }]),
    ...(own.resets === 0 ? [] : [{ label: 'hard resets', value: String(own.resets) }]),
    ...(own.commands.length === 0 ? [] : [commands(own)]),
  ];
}

const commands = (own: Ownership): Fact => ({ label: 'commands under way', value: own.commands.join(', ') });

/** What the story has made of a device: its nodes, who has them open, whose it is, its queues and its errors. */
export function deviceFacts(world: World, device: string): readonly Fact[] {
  const { deviceNode, nodeFile, queue, rasNode, rasCounter, contextError, drmDevice, ownership } = world.records;
  const drm = drmDevice[device];
  const own = ownership[device];
  return [
    ...of(deviceNode, device).map(nodeFact),
    ...(drm === undefined
      ? []
      : [
          {
            label: 'references',
            value: plural(drm.refs, 'reference'),
            ...(drm.unplugged ? { note: 'unplugged' } : {}),
          },
        ]),
    ...of(nodeFile, device).map(([key, file]): Fact => ({
      label: `open ${key}`,
      value: fileWords(file, isCurrent(world, file)),
    })),
    ...(own === undefined ? [] : ownershipFacts(own)),
    ...of(queue, device).map(([key, each]): Fact => ({ label: `queue ${key}`, value: queueWords(each) })),
    ...of(rasNode, device).flatMap(([id, node]) =>
      Object.entries(rasCounter)
        .filter(([key]) => key.startsWith(`${id}.`))
        .map(([key, counter]): Fact => ({
          label: `${counter.name} errors`,
          value: String(counter.value),
          note: `node ${id} (${node.name}), error ${key.slice(key.indexOf('.') + 1)}`,
        })),
    ),
    ...Object.entries(contextError)
      .filter(([key]) => world.records.context[key]?.device === device)
      .map(([key, { count }]): Fact => ({ label: `errors of ${key}`, value: String(count) })),
  ];
}

/** Files and queues that a process has open. */
export function holderFacts(world: World, process: string): readonly Fact[] {
  const { nodeFile, queue } = world.records;
  return [
    ...Object.entries(nodeFile)
      .filter(([, file]) => file.holders.includes(process))
      .map(([key, file]): Fact => ({ label: `open ${file.node}`, value: isCurrent(world, file) ? 'master' : key })),
    ...Object.entries(queue)
      .filter(([, each]) => each.holders.includes(process))
      .map(([key, each]): Fact => ({ label: `queue ${key}`, value: queueWords(each) })),
  ];
}

const mostNumbers = 6;

/** "0 accel0; 1, 2 reserved": what a reader and the allocator see of a table. */
function printNumbers({ slots }: Container): string {
  const reserved = Object.entries(slots).flatMap(([id, slot]) => (slot === 'reserved' ? [id] : []));
  const live = Object.entries(slots).flatMap(([id, slot]) => (slot === 'reserved' ? [] : [`${id} ${slot.pointer}`]));
  const shown = (words: readonly string[]): string =>
    words.length <= mostNumbers
      ? words.join(', ')
      : `${words.slice(0, mostNumbers).join(', ')} and ${words.length - mostNumbers} more`;
  if (reserved.length + live.length === 0) return 'all free';
  return [live.length === 0 ? '' : shown(live), reserved.length === 0 ? '' : `${shown(reserved)} reserved`]
    .filter((words) => words !== '')
    .join('; ');
}

const containers = { idr: 'IDR', xarray: 'plain XArray', xarrayAlloc: 'allocating XArray' } as const;

/** Tables of numbers, modules: what belongs to no part of the machine. */
export function kernelFacts(world: World): readonly Fact[] {
  const { minorTable, module } = world.records;
  return [
    ...Object.entries(minorTable).map(([name, table]): Fact => ({
      label: `table ${name}`,
      value: printNumbers(table),
      note: containers[table.kind],
    })),
    ...Object.entries(module).map(([name, each]): Fact => ({
      label: `module ${name}`,
      value: each.loaded ? 'loaded' : 'not loaded',
      ...(each.needs.length === 0 ? {} : { note: `needs ${each.needs.join(', ')}` }),
    })),
  ];
}

/** Who has which device open: lines from the device to the process. */
export function holderRelations(world: World, names: NodeNames): readonly GraphRelation[] {
  const { nodeFile, queue, drmDevice, process, ownership } = world.records;
  const line = (
    key: string,
    device: string,
    holder: string,
    label: string,
    gone: boolean,
  ): readonly GraphRelation[] => {
    const source = names.device.get(device);
    if (source === undefined || process[holder] === undefined) return [];
    const target = `process:${holder}`;
    return [
      { id: `open:${key}:${holder}`, kind: 'maps', source, target, label, route: [], state: gone ? 'stale' : 'system' },
    ];
  };
  return [
    ...Object.entries(nodeFile).flatMap(([key, file]) => {
      const gone = drmDevice[file.device]?.unplugged === true;
      const rank = isCurrent(world, file) ? ', master' : ownership[file.device]?.owner === key ? ', owner' : '';
      return file.holders.flatMap((holder) =>
        line(key, file.device, holder, `${file.node} open${rank}${gone ? ', unplugged' : ''}`, gone),
      );
    }),
    ...Object.entries(queue).flatMap(([key, each]) =>
      each.holders.flatMap((holder) => line(key, each.device, holder, `queue ${each.state}`, each.state === 'ZOMBIE')),
    ),
  ];
}

interface Ship {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
  readonly way: string;
}

const ways: Readonly<Record<string, string>> = {
  link: 'over their own link',
  BUS_ADDR: 'peer to peer',
  THRU_HOST_BRIDGE: 'by way of the root complex',
  bounce: 'by way of main memory',
};

/** Transfers of an event, each from where it starts to where it ends; and refusals of nodes. */
export function ownerActions(
  events: readonly Event[],
  world: World,
  names: NodeNames,
  edges: readonly GraphEdge[],
): readonly GraphRelation[] {
  const found = new Map<string, GraphRelation>();
  const place = (name: string): string | undefined => names.device.get(name) ?? names.pool.get(name);
  for (const event of events) {
    const ships = Array.isArray(event.args['ships']) ? (event.args['ships'] as unknown as readonly Ship[]) : [];
    for (const { from, to, bytes, way } of ships) {
      const [source, target] = [place(from), place(to)];
      if (source === undefined || target === undefined) continue;
      const id = `ship:${source}:${target}`;
      found.set(id, {
        id,
        kind: 'transfer',
        source,
        target,
        label: `${printBytes(bytes)} ${ways[way] ?? ''}`.trim(),
        route: way === 'bounce' ? [] : route(edges, source, target, names.anchor),
        state: way === 'bounce' ? 'stale' : 'migrating',
      });
    }
    const source = event.at.device === undefined ? undefined : names.device.get(event.at.device);
    const asker = world.records.process[event.by] === undefined ? null : `process:${event.by}`;
    if (event.kind === 'refused' && event.at.context === undefined && source !== undefined && asker !== null)
      found.set(`refused:${source}:${asker}`, {
        id: `refused:${source}:${asker}`,
        kind: 'refused',
        source,
        target: asker,
        label: `${String(event.args['errno'])} · ${event.rule}`,
        route: [],
        state: null,
      });
  }
  return [...found.values()];
}
