/** Questions to the machine as a graph, and a wire more or less. */
import { z } from 'zod';
import { deviceKinds, engineKinds, linkKinds } from '../../model/topology.ts';
import { arg, defineOp } from '../define-op.ts';
import { graphOf } from '../fabric/graph.ts';
import { mapPeerBuffer } from '../fabric/peer-map.ts';
import { askForBreakEven, askForDevices, askForInitiators, askForPipeline, askForRoute } from '../fabric/queries.ts';
import { ok } from '../tx.ts';
import { node } from './peer-ops.ts';

const positive = z
  .number()
  .int()
  .min(1)
  .max(2 ** 50);
const widths = z.array(z.union([z.literal(32), z.literal(64), z.literal(128)])).min(1);

export const findDevice = defineOp(
  'findDevice',
  'Somebody looks for devices that meet constraints.',
  {
    kind: z.enum(deviceKinds).optional(),
    engine: z.enum(engineKinds).optional(),
    pasids: positive.optional().describe('free PASIDs at least'),
    peer: node.optional().describe('peer-to-peer with this function is allowed'),
    memory: z
      .strictObject({ bytes: positive, withinNs: positive.optional() })
      .optional()
      .describe('memory of that many free bytes is reached, within a latency'),
    atomics: widths.optional().describe('AtomicOps of these widths reach main memory'),
    ats: z.boolean().optional(),
    pri: z.boolean().optional(),
    isolated: z.boolean().optional().describe('it is alone in its IOMMU group'),
    sameHostBridge: node.optional(),
  },
  (tx, op) => {
    const { op: _op, by: _by, memory, ...asked } = op;
    const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
    if (memory === undefined) return askForDevices(tx, given);
    const { bytes, withinNs } = memory;
    return askForDevices(tx, { ...given, memory: { bytes, ...(withinNs === undefined ? {} : { withinNs }) } });
  },
);

export const findRoute = defineOp(
  'findRoute',
  'Somebody asks for the way between two places: the nearest, or the widest.',
  { from: node, to: node, prefer: z.enum(['latency', 'bandwidth']).default('latency') },
  (tx, op) => askForRoute(tx, op.from, op.to, op.prefer),
);

export const nearestInitiatorsOp = defineOp(
  'nearestInitiators',
  'Somebody asks who is nearest to a memory: all who are, where several are equally near.',
  {
    pool: arg.name,
    class: z
      .union([z.literal(0), z.literal(1)])
      .default(0)
      .describe('1: sockets only'),
  },
  (tx, op) => askForInitiators(tx, op.pool, op.class),
);

export const planPipelineOp = defineOp(
  'planPipeline',
  'Somebody asks for the best devices and buffers for stages that pass bytes on.',
  {
    stages: z
      .array(z.strictObject({ engine: z.enum([...engineKinds, 'cpu']), on: node.optional() }))
      .min(1)
      .max(16),
    bytes: positive.default(2 ** 20),
  },
  (tx, op) =>
    askForPipeline(
      tx,
      op.stages.map(({ engine, on }) => (on === undefined ? { engine } : { engine, on })),
      op.bytes,
    ),
);

export const breakEvenOp = defineOp(
  'breakEven',
  'Somebody asks whether moving memory to a device pays, and after how many passes over it.',
  {
    device: node,
    from: arg.name.describe('the memory that the bytes are in'),
    to: arg.name.optional().describe("the memory they would go to; the device's own where left out"),
    bytes: positive.default(2 ** 21),
    huge: z.boolean().default(true).describe('moved in units of 2 MiB, else of 4 KiB'),
  },
  (tx, { device, from, to, bytes, huge }) => askForBreakEven(tx, { device, from, to, bytes, huge }),
);

export const addLink = defineOp(
  'addLink',
  'Somebody joins two places with one more wire.',
  {
    as: arg.name,
    between: z.tuple([node, node]),
    kind: z.enum(linkKinds).default('unknown'),
    bandwidthGBs: z.number().positive(),
    latencyNs: z.number().min(0),
  },
  (tx, op) => {
    const [a, b] = op.between;
    const missing = op.between.find((name) => !graphOf(tx.world).numbers.has(name));
    if (missing !== undefined || a === b)
      return tx.refuse('EINVAL', 'link.ends', {
        why: missing === undefined ? 'a wire has two ends' : `there is no ${missing}`,
      });
    if (tx.get('link', op.as) !== null)
      return tx.refuse('EEXIST', 'link.name', { why: `there is a link ${op.as} already` });
    tx.emit({ kind: 'linkAdded', rule: 'link.add', args: { link: op.as, a, b, kind: op.kind } }, (w) =>
      w.put('link', op.as, {
        kind: op.kind,
        a,
        b,
        wire: op.as,
        gbs: op.bandwidthGBs,
        gbsFrom: 'told',
        latencyNs: op.latencyNs,
        latencyFrom: 'told',
        coherent: null,
        atomics: null,
        origin: 'wiring',
      }),
    );
    return ok;
  },
);

export const peerMap = defineOp(
  'peerMap',
  "An importer's driver asks an exporter's for a buffer, by the peer mapping callback of 2019: the exporter allows, or falls back.",
  { importer: node, object: arg.name, as: arg.name },
  (tx, op) => mapPeerBuffer(tx, op.importer, op.object, op.as),
);
