import { z } from 'zod';
import { costFigures, costNames, type CostOverrides } from '../../model/costs.ts';
import { countNames, deviceKinds, engineKinds, linkKinds, memoryKinds } from '../../model/topology.ts';
import { parseCpuList } from '../cpu-set.ts';
import { parseBytes } from '../../base/size.ts';
import { parseBdf } from '../pci.ts';

/** Memscape's topology file, version 1: the model of app/model/topology.ts, with what is unknown left out. */

const text = z.string().max(65_536);
const id = z.string().min(1).max(256).describe('name of an object, unique in the file');
const whole = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const orNull = <T extends z.ZodType>(schema: T) => schema.nullable().default(null);

const bytes = z
  .union([whole, z.string().regex(/^\d+(\.\d+)?\s*[KMGTP]i?B?$/i, 'a number of bytes, or a text such as "64 GiB"')])
  .transform((value, context) => {
    const parsed = typeof value === 'number' ? value : parseBytes(value);
    if (parsed === null) context.addIssue({ code: 'custom', message: 'the size is too large to be exact' });
    return parsed ?? 0;
  })
  .describe('bytes, as a number or with a unit of powers of 1024: "64 GiB"');

const cpus = z
  .union([z.string().max(4096), whole])
  .transform((value, context) => {
    const spans = parseCpuList(String(value));
    if (spans === null) context.addIssue({ code: 'custom', message: 'give CPU numbers as "0-3,8"' });
    return spans ?? [];
  })
  .describe('CPU numbers: "0-3,8"; "" is none');

const bdf = z
  .string()
  .refine(
    (value) => parseBdf(value) !== null,
    'give an address as domain:bus:device.function, "0000:3b:00.0" (in quotes where it could be a time)',
  )
  .transform((value) => parseBdf(value) ?? value)
  .describe('domain:bus:device.function');

const named = {
  parent: id.nullable().default('machine').describe('id of the object that contains it'),
  name: orNull(text),
  facts: z.record(z.string().max(256), text).default({}).describe('anything else worth telling: label and value'),
};
const osIndex = orNull(whole);
const registration = orNull(z.enum(['system', 'private', 'coherent', 'fsdax', 'generic', 'p2pdma'])).describe(
  'how the kernel knows the memory: ordinary node or MEMORY_DEVICE_* type',
);

const bar = z.strictObject({
  index: whole.max(64),
  type: z.enum(['mem32', 'mem64', 'mem', 'io', 'rom']),
  prefetchable: orNull(z.boolean()),
  bytes: orNull(bytes),
  start: orNull(whole).describe('physical address'),
  assigned: orNull(z.boolean()),
  resizableBytes: orNull(z.array(bytes).max(64)).describe('sizes that the Resizable BAR capability offers'),
  backing: orNull(z.strictObject({ object: id, offset: bytes.default(0) })).describe(
    'memory that is seen through the window',
  ),
});

const acs = z
  .union([z.enum(['unknown', 'absent']), z.strictObject({ capability: whole.max(0x7f), control: whole.max(0x7f) })])
  .default('unknown')
  .transform((value) => (typeof value === 'string' ? { kind: value } : { kind: 'present' as const, ...value }))
  .describe('Access Control Services: PCI_ACS_CAP and PCI_ACS_CTRL bits');

const rate = orNull(z.number().positive().max(1024));
const lanes = orNull(whole.max(32));
const pciLink = z
  .strictObject({ currentSpeed: rate, currentWidth: lanes, maxSpeed: rate, maxWidth: lanes, statedGBs: rate })
  .describe('link towards the bridge above; speeds in GT/s');

const windows = z.array(z.strictObject({ type: z.enum(['io', 'mem', 'prefetch']), start: whole, end: whole })).max(16);

const pci = {
  ...named,
  id,
  bdf,
  class: orNull(whole.max(0xffff)).describe('base class and sub-class: 0x0302'),
  progIf: orNull(whole.max(0xff)),
  vendor: orNull(whole.max(0xffff)),
  device: orNull(whole.max(0xffff)),
  subsystemVendor: orNull(whole.max(0xffff)),
  subsystemDevice: orNull(whole.max(0xffff)),
  revision: orNull(whole.max(0xff)),
  bars: z.array(bar).max(64).default([]),
  link: orNull(pciLink),
  acs,
  iommuGroup: orNull(whole),
  numaNode: orNull(id),
  driver: orNull(text),
};

const cxl = z.enum(['cxlBus', 'cxlPort', 'cxlDecoder', 'cxlRegion']);

const object = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('machine'),
    id,
    name: named.name,
    facts: named.facts,
    architecture: orNull(text),
    parent: z.null().default(null),
  }),
  z.strictObject({
    kind: z.literal('package'),
    id,
    ...named,
    osIndex,
    vendor: orNull(z.enum(['intel', 'amd', 'arm', 'ibm', 'nvidia', 'other'])),
    family: orNull(whole),
    model: orNull(whole),
    cores: whole
      .max(1024)
      .optional()
      .describe(
        'makes that many cores inside; their CPUs are numbered as Linux does, all first threads before all second ones',
      ),
    threads: whole.min(1).max(8).optional().describe('threads of each of these cores (1)'),
  }),
  z.strictObject({ kind: z.literal('die'), id, ...named, osIndex }),
  z.strictObject({ kind: z.literal('group'), id, ...named, osIndex, subkind: orNull(text) }),
  z.strictObject({
    kind: z.literal('cache'),
    id,
    ...named,
    level: whole.max(9),
    holds: z.enum(['unified', 'data', 'instruction']).default('unified'),
    bytes: orNull(bytes),
    lineBytes: orNull(whole),
  }),
  z.strictObject({
    kind: z.literal('memorySideCache'),
    id,
    ...named,
    level: orNull(whole),
    bytes: orNull(bytes),
    lineBytes: orNull(whole),
  }),
  z.strictObject({ kind: z.literal('core'), id, ...named, osIndex }),
  z.strictObject({ kind: z.literal('pu'), id, ...named, osIndex }),
  z.strictObject({
    kind: z.literal('numaNode'),
    id,
    ...named,
    osIndex,
    memoryKind: z.enum(memoryKinds).default('unknown'),
    memoryKindInferred: orNull(text),
    bytes: orNull(bytes),
    cpus: orNull(cpus),
    nearCpus: orNull(cpus),
    registration,
  }),
  z.strictObject({
    kind: z.literal('deviceMemory'),
    id,
    ...named,
    memoryKind: z.enum(['vram', 'hbm', 'sram', 'cxl', 'pmem', 'unknown']).default('unknown'),
    bytes: orNull(bytes),
    registration,
  }),
  z.strictObject({
    kind: z.literal('hostBridge'),
    id,
    ...named,
    domain: orNull(whole.max(0xffff_ffff)),
    rootBus: orNull(whole.max(0xff)),
    lastBus: orNull(whole.max(0xff)),
    numaNode: orNull(id),
    firstDevice: orNull(
      z.strictObject({
        devfn: whole.max(0xff),
        vendor: whole.max(0xffff),
        device: whole.max(0xffff),
        isRootPort: z.boolean(),
      }),
    ),
    windows: windows.default([]).describe('addresses that the root complex forwards to its buses'),
    keepsFirmwareSetup: orNull(z.boolean()).describe('firmware demands that its assignment of addresses stays'),
  }),
  z.strictObject({
    kind: z.literal('pciBridge'),
    ...pci,
    class: whole.max(0xffff).nullable().default(0x0604),
    role: z.enum(['rootPort', 'upstream', 'downstream', 'bridge']).default('bridge'),
    secondaryBus: orNull(whole.max(0xff)),
    subordinateBus: orNull(whole.max(0xff)),
    windows: windows.default([]),
    completerAtomics: orNull(z.union([z.literal(0), z.literal(32), z.literal(64), z.literal(128)])),
    routesAtomics: orNull(z.boolean()).describe('switch port: routes AtomicOps'),
    blocksAtomics: orNull(z.boolean()).describe('AtomicOps are not let out towards the root'),
  }),
  z.strictObject({
    kind: z.literal('pciFunction'),
    ...pci,
    deviceKind: z.enum(deviceKinds),
    p2pMemory: orNull(
      z.strictObject({ bytes: orNull(bytes), availableBytes: orNull(bytes), published: orNull(z.boolean()) }),
    ),
    physicalFunction: orNull(id),
    atomicsRequester: orNull(z.boolean()),
    ats: orNull(z.boolean()),
    pri: orNull(z.boolean()),
    pasidWidth: orNull(whole.max(20)),
    maxPasids: orNull(whole.max(2 ** 20)).describe('PASIDs that its driver can use, where the width gives more'),
    engines: orNull(
      z.array(z.strictObject({ kind: z.enum(engineKinds), throughputGBs: orNull(z.number().positive()) })).max(64),
    ).describe('what it computes with'),
  }),
  z.strictObject({
    kind: z.literal('osDevice'),
    id,
    ...named,
    classes: z
      .array(
        z.enum([
          'storage',
          'memory',
          'gpu',
          'coprocessor',
          'network',
          'openfabrics',
          'dma',
          'dax',
          'cxlMemdev',
          'other',
        ]),
      )
      .max(10),
    subtype: orNull(text),
  }),
  z.strictObject({
    kind: cxl,
    id,
    ...named,
    start: orNull(whole),
    bytes: orNull(bytes),
    interleaveWays: orNull(whole),
    interleaveGranularity: orNull(whole),
    targets: z.array(id).max(64).default([]),
    mode: orNull(text),
  }),
  z.strictObject({ kind: z.literal('misc'), id, ...named, subtype: orNull(text) }),
]);

const link = z.strictObject({
  kind: z.enum(linkKinds),
  between: z.tuple([id, id]),
  origin: z.enum(['wiring', 'reported']).default('wiring'),
  bandwidthGBs: orNull(z.number().positive()).describe('GB/s in one direction, of all `count` links together'),
  latencyNs: orNull(z.number().min(0)).describe('one way'),
  count: orNull(whole),
  coherent: orNull(z.boolean()),
  atomics: orNull(z.boolean()),
  note: orNull(text),
});

const matrix = z.strictObject({
  name: text,
  unit: orNull(text),
  means: z.enum(['latency', 'bandwidth', 'hops', 'weight', 'path', 'capability', 'unknown']),
  rows: z.array(id).max(4096),
  columns: z.array(id).max(4096).optional().describe('the same as `rows` where left out'),
  values: z
    .array(z.union([z.number(), text, z.null()]))
    .max(4096 * 4096)
    .describe('row by row; null is not told'),
});

const memoryAttribute = z.strictObject({
  name: text.describe(
    'Bandwidth, ReadBandwidth, WriteBandwidth (MiB/s), Latency, ReadLatency, WriteLatency (ns), or any other',
  ),
  unit: orNull(text),
  target: id,
  initiator: orNull(z.union([z.strictObject({ object: id }), z.strictObject({ cpus })])),
  value: z.number(),
});

const addressRange = z.strictObject({
  start: whole,
  end: whole,
  label: text,
  depth: whole.max(64).default(0),
  object: orNull(id),
});

/** One entry a figure; rates are above 0. */
const costs = z
  .strictObject(
    Object.fromEntries(
      costNames.map((name) => {
        const { unit, meaning } = costFigures[name];
        const number = unit === 'GB/s' || unit === 'share' ? z.number().positive() : z.number().min(0);
        return [name, number.max(1e12).optional().describe(`${unit}: ${meaning}`)];
      }),
    ),
  )
  .transform((given): CostOverrides => given);

export const topologyFileSchema = z
  .strictObject({
    memscape: z.literal('topology'),
    version: z.literal(1),
    title: orNull(text),
    about: orNull(z.string().max(65_536)).describe('what machine this is and where its figures come from'),
    importedFrom: z
      .array(z.strictObject({ name: text, format: text, version: orNull(text) }))
      .max(64)
      .default([]),
    conflicts: z
      .array(
        z.strictObject({
          object: id,
          field: text,
          values: z.array(z.strictObject({ source: whole.max(63), value: z.json() })).max(64),
        }),
      )
      .max(10_000)
      .default([])
      .describe(
        'what the sources of `importedFrom` say differently; `source` counts them from 0, the first value stands',
      ),
    policy: z
      .strictObject({ cpuForwardsPeers: orNull(z.boolean()), iommu: orNull(z.boolean()) })
      .default({ cpuForwardsPeers: null, iommu: null })
      .describe('cpuForwardsPeers: root ports forward peer traffic, as on AMD family 0x17 and later'),
    costs: costs.default({}).describe('figures of the cost model that this machine has in place of the defaults'),
    tells: z
      .array(z.enum(countNames))
      .default([...countNames])
      .describe('counts that the description tells; the others are unknown, not 0'),
    objects: z.array(object).min(1).max(500_000),
    links: z.array(link).max(500_000).default([]),
    matrices: z.array(matrix).max(256).default([]),
    memoryAttributes: z.array(memoryAttribute).max(500_000).default([]),
    addressRanges: z.array(addressRange).max(500_000).default([]),
  })
  .describe(
    'A machine for Memscape: its parts, what contains what, and what is wired to what. What is left out is unknown.',
  );

export type TopologyFile = z.output<typeof topologyFileSchema>;

/** JSON Schema of the file, for editors (`memscape schema topology`). */
export const topologyJsonSchema = (): Readonly<Record<string, unknown>> =>
  z.toJSONSchema(topologyFileSchema, { io: 'input', target: 'draft-2020-12', reused: 'ref' });
