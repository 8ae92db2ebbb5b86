/** Root bridges, switches, devices, their memory and their BARs: what hangs at the right of a machine's picture. */
import { printBytes } from '../../base/format.ts';
import type { GraphNode } from '../../contract/frame.ts';
import {
  linkGBs,
  objectsOf,
  pcieGBs,
  type Bar,
  type KindOf,
  type PciBridge,
  type PciFunction,
} from '../../model/topology.ts';
import { hiddenSwitches } from './places.ts';
import { printDegraded, printLink } from './print-link.ts';
import { fact, hex, type Sketch } from './sketch.ts';

/** A BAR from this size on is drawn though nobody says what is behind it: memory rather than registers. */
const largeBar = 256 * 1024 * 1024;

const bytes = (n: number | null): string | null => (n === null ? null : printBytes(n));

function printBar(bar: Bar): string {
  const size = bytes(bar.bytes) ?? 'size unknown';
  return `${size}${bar.start === null ? ', not assigned' : ` at 0x${bar.start.toString(16)}`}${bar.prefetchable === true ? ', prefetchable' : ''}`;
}

/** Functions that are drawn: all that have a use of their own; those of the platform only where there is nothing else. */
export function wantedFunctions(sketch: Sketch): readonly PciFunction[] {
  const all = objectsOf(sketch.topology, 'pciFunction');
  const useful = all.filter((fn) => fn.deviceKind !== 'other');
  return useful.length > 0 ? useful : all;
}

export function drawDevices(sketch: Sketch, wanted: readonly PciFunction[]): void {
  const used = sketch.above(wanted);
  const ids = new Set(wanted.map((fn) => fn.id));
  for (const bridge of objectsOf(sketch.topology, 'hostBridge')) if (used.has(bridge.id)) hostBridge(sketch, bridge);
  for (const object of sketch.topology.objects) {
    if (object.kind === 'pciBridge' && used.has(object.id) && isSwitch(sketch, object, used))
      drawSwitch(sketch, object);
    if (object.kind === 'pciFunction' && ids.has(object.id)) drawFunction(sketch, object);
    if (object.kind === 'osDevice') osDevice(sketch, object);
    if (hiddenSwitches(object))
      sketch.add(
        {
          id: object.id,
          kind: 'device',
          subkind: 'nvSwitch',
          title: object.name ?? 'NVSwitch fabric',
          subtitle: 'switches not told',
          facts: [fact('switches', null)],
        },
        object.id,
      );
  }
  for (const memory of objectsOf(sketch.topology, 'deviceMemory')) deviceMemory(sketch, memory);
}

const isPlace = (sketch: Sketch, id: string): boolean => {
  const kind = sketch.object(id)?.kind;
  return kind === 'package' || kind === 'group' || kind === 'die' || id.startsWith('node:');
};

/** Where a root bridge, or what hangs on none, is attached: its package, else what contains it. */
function attachedTo(sketch: Sketch, parent: string | null, numaNode: string | null): string | null {
  const near = sketch.nearest(nearNode(sketch, numaNode), (object) => sketch.hasCpu(object.id));
  return near?.id ?? sketch.holder(parent);
}

/** The package that took a memory node in, or the node itself. */
function nearNode(sketch: Sketch, numaNode: string | null): string | null {
  const node = numaNode === null ? null : sketch.object(numaNode);
  return node === null ? null : sketch.placeOf(node);
}

function hostBridge(sketch: Sketch, bridge: KindOf<'hostBridge'>): void {
  const name = `${hex(bridge.domain, 4) ?? '????'}:${hex(bridge.rootBus, 2) ?? '??'}`;
  const near = bridge.numaNode === null ? null : sketch.object(bridge.numaNode);
  const node = near?.kind === 'numaNode' && near.osIndex !== null ? `node ${near.osIndex}` : null;
  const first = bridge.firstDevice;
  const parent = attachedTo(sketch, bridge.parent, bridge.numaNode);
  // In a package of several groups, as with sub-NUMA clusters, the group says what is near.
  const place = sketch.holder(nearNode(sketch, bridge.numaNode) ?? bridge.parent);
  const group = sketch.nodes.find((one) => one.id === place && one.kind === 'group' && one.parent !== null);
  sketch.add(
    {
      id: bridge.id,
      kind: 'host-bridge',
      parent,
      title: 'Host bridge',
      subtitle: group === undefined ? name : `${name} · ${group.title}`,
      facts: [
        fact('root bus', name),
        fact('nearest node', node ?? bridge.numaNode),
        fact('first device', first === null ? null : `${hex(first.vendor, 4)}:${hex(first.device, 4)}`),
      ],
    },
    bridge.id,
  );
  const cpu = sketch.cpuOf(nearNode(sketch, bridge.numaNode)) ?? sketch.cpuOf(bridge.parent);
  if (parent !== null && cpu !== null && !sketch.isWired(bridge.id))
    sketch.edge(`${bridge.id}--cpu`, cpu, bridge.id, 'on-package', null, null);
}

/** A switch, or a bridge that joins several things; ports that lead to one thing are part of its wire. */
function isSwitch(sketch: Sketch, port: PciBridge, used: ReadonlySet<string>): boolean {
  if (port.role === 'upstream') return true;
  if (port.role !== 'bridge') return false;
  const below = sketch
    .children(port.id)
    .filter((object) => object.kind === 'pciFunction' || (object.kind === 'pciBridge' && used.has(object.id)));
  return below.length > 1;
}

/** The function that another one is logic of; a function hangs on no function. */
const logicOf = (sketch: Sketch, object: PciFunction | PciBridge): PciFunction | null => {
  const above = object.parent === null ? null : sketch.object(object.parent);
  return above?.kind === 'pciFunction' ? above : null;
};

/** The drawn thing that something is plugged into: functions of one device share its connector. */
const plugOf = (sketch: Sketch, object: PciFunction | PciBridge): string | null =>
  sketch.holder((logicOf(sketch, object) ?? object).parent);

/** What a switch or a function hangs on: the switch or root bridge above, else its package. */
function pciParent(sketch: Sketch, object: PciFunction | PciBridge): string | null {
  const above = plugOf(sketch, object);
  return above === null || isPlace(sketch, above) ? attachedTo(sketch, object.parent, object.numaNode) : above;
}

function pciEdge(sketch: Sketch, object: PciFunction | PciBridge, above: string | null): void {
  const { link } = object;
  const onCpu = above === null || isPlace(sketch, above);
  const source = onCpu ? (sketch.cpuOf(nearNode(sketch, object.numaNode)) ?? sketch.cpuOf(object.parent)) : above;
  if (source === null) return;
  sketch.edge(
    `${object.id}--up`,
    source,
    object.id,
    'pcie',
    link === null ? null : printLink(link),
    link === null ? null : (linkGBs(link) ?? pcieGBs(link.maxSpeed, link.maxWidth)),
    { degraded: link === null ? null : printDegraded(link) },
  );
}

function drawSwitch(sketch: Sketch, port: PciBridge): void {
  const ports = sketch
    .children(port.id)
    .filter((other): other is PciBridge => other.kind === 'pciBridge' && port.role === 'upstream');
  const redirecting = ports.filter((other) => other.acs.kind === 'present' && (other.acs.control & 0x2c) !== 0).length;
  const known = ports.some((other) => other.acs.kind !== 'unknown');
  const acs = !known ? null : redirecting > 0 ? 'ACS redirect on' : 'ACS redirect off';
  const above = sketch.holder(port.parent);
  sketch.add(
    {
      id: port.id,
      kind: 'switch',
      parent: pciParent(sketch, port),
      title: 'Switch',
      subtitle: acs ?? port.bdf,
      facts: [
        fact('address', port.bdf),
        fact('model', port.name),
        fact('link', port.link === null ? null : printLink(port.link)),
        fact('downstream ports', port.role === 'upstream' ? String(ports.length) : null),
        fact('ACS', acs),
        fact('ports that redirect', known ? String(redirecting) : null),
      ],
    },
    port.id,
  );
  pciEdge(sketch, port, above);
}

const yesNo = (value: boolean | null): string | null => (value === null ? null : value ? 'yes' : 'no');

function drawFunction(sketch: Sketch, fn: PciFunction): void {
  const name = sketch.context.names.devices.get(fn.id) ?? fn.bdf;
  const acs =
    fn.acs.kind === 'unknown'
      ? null
      : fn.acs.kind === 'absent'
        ? 'no capability'
        : `control 0x${fn.acs.control.toString(16)}`;
  const called = sketch
    .children(fn.id)
    .flatMap((object) => (object.kind === 'osDevice' && object.name !== null ? [object.name] : []));
  const further = called.filter((one) => one !== name);
  const above = plugOf(sketch, fn);
  const whole = logicOf(sketch, fn);
  sketch.add(
    {
      id: fn.id,
      kind: 'device',
      subkind: fn.deviceKind,
      parent: pciParent(sketch, fn),
      title: name,
      subtitle: fn.bdf,
      lines: [...(fn.name === null ? [] : [fn.name]), ...(further.length === 0 ? [] : [further.join(', ')])],
      facts: [
        fact('address', fn.bdf),
        fact('model', fn.name),
        fact('class', hex(fn.class, 4)),
        fact('ids', fn.vendor === null ? null : `${hex(fn.vendor, 4)}:${hex(fn.device, 4)}`),
        ...(called.length === 0 ? [] : [fact('called', called.join(', '))]),
        fact(
          'link',
          fn.link === null ? null : printLink(fn.link),
          fn.link === null ? undefined : (printDegraded(fn.link) ?? undefined),
        ),
        fact('IOMMU group', fn.iommuGroup === null ? null : String(fn.iommuGroup)),
        fact('ACS', acs),
        fact('ATS', yesNo(fn.ats)),
        fact('PRI', yesNo(fn.pri)),
        fact('PASID bits', fn.pasidWidth === null ? null : String(fn.pasidWidth)),
        fact('driver', fn.driver),
        ...fn.bars.map((bar) => fact(`BAR ${bar.index}`, printBar(bar))),
      ],
    },
    fn.id,
  );
  pciEdge(sketch, fn, above);
  if (whole !== null) sketch.edge(`${fn.id}--logic`, whole.id, fn.id, 'on-package', 'same chip', null);
  for (const bar of fn.bars) if (bar.backing !== null || (bar.bytes ?? 0) >= largeBar) drawBar(sketch, fn, bar);
}

const osKinds: ReadonlyMap<string, GraphNode['subkind']> = new Map([
  ['gpu', 'gpu'],
  ['coprocessor', 'gpu'],
  ['network', 'nic'],
  ['openfabrics', 'nic'],
  ['cxlMemdev', 'cxlMemdev'],
]);

/** A device of which a source knows no PCI address: a GPU of nvidia-smi, a NIC right below a CPU. */
function osDevice(sketch: Sketch, device: KindOf<'osDevice'>): void {
  const subkind = device.classes.map((word) => osKinds.get(word)).find((kind) => kind !== undefined);
  const above = device.parent === null ? null : sketch.object(device.parent);
  if (subkind === undefined || above === null || (above.kind !== 'machine' && !isPlace(sketch, above.id))) return;
  const parent = sketch.holder(device.parent);
  const name = device.name ?? device.id.replace(/^.*:/, subkind ?? '');
  const facts = Object.entries(device.facts).map(([label, value]) => fact(label, value));
  sketch.add({ id: device.id, kind: 'device', subkind: subkind ?? null, parent, title: name, facts }, device.id);
  const cpu = sketch.cpuOf(device.parent);
  if (parent !== null && cpu !== null) sketch.edge(`${device.id}--up`, cpu, device.id, 'pcie', null, null);
}

function drawBar(sketch: Sketch, fn: PciFunction, bar: Bar): void {
  const behind = bar.backing === null ? null : sketch.object(bar.backing.object);
  const size = behind !== null && 'bytes' in behind ? behind.bytes : null;
  // A BAR is a power of two: one that shows all of the memory may be larger than it.
  const whole = size !== null && bar.bytes !== null && bar.bytes >= size;
  const share = size === null ? '' : `${whole ? ', all of' : ' of'} ${printBytes(size)}`;
  const window =
    bar.backing === null || bar.bytes === null || size === null
      ? {}
      : { window: { of: bar.backing.object, offset: bar.backing.offset, bytes: bar.bytes, ofBytes: size } };
  sketch.add({
    id: `${fn.id}/bar${bar.index}`,
    kind: 'bar',
    parent: fn.id,
    title: `BAR ${bar.index}`,
    subtitle: `${bytes(bar.bytes) ?? '?'}${share}`,
    facts: [
      fact('size', bytes(bar.bytes)),
      fact('address', bar.start === null ? null : `0x${bar.start.toString(16)}`),
      fact('window onto', size === null ? null : printBytes(size)),
      fact('can be resized to', bar.resizableBytes === null ? null : bar.resizableBytes.map(printBytes).join(', ')),
    ],
    ...window,
  });
}

function deviceMemory(sketch: Sketch, memory: KindOf<'deviceMemory'>): void {
  const owner = sketch.nearest(
    memory.parent,
    (object) => object.kind === 'pciFunction' || (object.kind === 'osDevice' && sketch.drawnAs(object.id) !== null),
  );
  if (owner === null || sketch.drawnAs(owner.id) === null) return;
  const pool = sketch.context.names.pools.get(memory.id);
  sketch.add(
    {
      id: memory.id,
      kind: 'device-memory',
      subkind: memory.memoryKind,
      parent: owner.id,
      title: memory.memoryKind === 'unknown' ? 'Memory' : memory.memoryKind.toUpperCase(),
      subtitle: bytes(memory.bytes) ?? 'size unknown',
      facts: [
        fact('size', bytes(memory.bytes)),
        fact('registered as', memory.registration),
        fact('pool', pool ?? null),
      ],
      strips: sketch.strip(pool),
    },
    memory.id,
  );
}
