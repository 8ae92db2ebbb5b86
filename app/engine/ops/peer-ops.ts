/** Operations of drivers on peer-to-peer memory. */
import { z } from 'zod';
import { arg, defineOp } from '../define-op.ts';
import { acsBitNames, setAcs } from '../fabric/acs.ts';
import { mapForDma, unmapForDma } from '../fabric/dma-map.ts';
import { distanceMany, findProvider, mapType } from '../fabric/p2p-distance.ts';
import { addResource, allocate, giveBack, publish } from '../fabric/p2p-memory.ts';
import { ok } from '../tx.ts';

/** "gpu0", "pci:0000:17:00.0", "nvme0n1" */
export const node = z
  .string()
  .regex(/^[A-Za-z][\w.:#-]{0,255}$/, 'a function is named as in the machine: gpu0, pci:0000:17:00.0');
const bytes = z
  .number()
  .int()
  .min(0)
  .max(2 ** 50);
const nodes = z.array(node).max(256);

export const setAcsOp = defineOp(
  'setAcs',
  'The kernel, or a person with setpci, sets the Access Control bits of a function.',
  {
    device: node,
    bits: z.array(z.enum(acsBitNames as readonly ['SV', ...typeof acsBitNames])).describe('all others are cleared'),
  },
  (tx, op) => setAcs(tx, op.device, op.bits),
);

export const p2pRegister = defineOp(
  'p2pRegister',
  'A driver registers part of a BAR as memory that peers may reach.',
  {
    provider: node,
    bar: z.number().int().min(0).max(64),
    bytes: bytes.default(0).describe('0: the rest of the BAR'),
    offset: bytes.default(0),
  },
  (tx, op) => addResource(tx, op.provider, op.bar, op.bytes, op.offset),
);

export const p2pPublish = defineOp(
  'p2pPublish',
  'A driver lets others find its P2P memory, or no longer.',
  { provider: node, publish: z.boolean().default(true) },
  (tx, op) => publish(tx, op.provider, op.publish),
);

export const p2pAlloc = defineOp(
  'p2pAlloc',
  "A driver takes bytes of a provider's P2P memory.",
  { provider: node, as: arg.name, bytes: bytes.min(1) },
  (tx, op) => allocate(tx, op.provider, op.as, op.bytes),
);

export const p2pFree = defineOp('p2pFree', 'A driver gives P2P memory back.', { buffer: arg.name }, (tx, op) =>
  giveBack(tx, op.buffer),
);

export const p2pMapType = defineOp(
  'p2pMapType',
  "The DMA layer looks up how a client reaches a provider's memory, as it was last computed.",
  { provider: node, client: node },
  (tx, op) => {
    mapType(tx, op.provider, op.client);
    return ok;
  },
);

export const p2pDistance = defineOp(
  'p2pDistance',
  'A driver asks how far a provider is from all of its clients together; -1 where one may not reach it.',
  { provider: node, clients: nodes },
  (tx, op) => {
    distanceMany(tx, op.provider, op.clients);
    return ok;
  },
);

export const p2pFind = defineOp(
  'p2pFind',
  'A driver asks for the nearest published provider that all of its clients may reach.',
  {
    clients: nodes,
    seed: z
      .number()
      .int()
      .min(0)
      .max(2 ** 32)
      .default(0)
      .describe('decides between equals'),
  },
  (tx, op) => {
    findProvider(tx, op.clients, op.seed);
    return ok;
  },
);

export const dmaMap = defineOp(
  'dmaMap',
  'A driver maps main memory, or P2P memory of a peer, for DMA of its device.',
  {
    client: node,
    memory: arg.name.describe('a pool of main memory (dram0), or P2P memory that p2pAlloc took'),
    as: arg.name,
    bytes: bytes.min(1).default(4096).describe('of a pool; P2P memory is mapped whole'),
    fallback: z.boolean().default(false).describe('true: where the peer cannot be reached, a copy in main memory'),
  },
  (tx, op) =>
    mapForDma(tx, { client: op.client, memory: op.memory, name: op.as, bytes: op.bytes, fallback: op.fallback }),
);

export const dmaUnmap = defineOp('dmaUnmap', 'A driver ends a DMA mapping.', { mapping: arg.name }, (tx, op) =>
  unmapForDma(tx, op.mapping),
);
