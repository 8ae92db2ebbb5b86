import { z } from 'zod';
import type { MapType, PciNode, PciTree, RootDevice } from './p2pdma.ts';

/** The file format of a recorded PCIe tree with the kernel's answer for every pair (data/p2pdma-recordings). */
const recordingSchema = z.object({
  kernel: z.string(),
  cpu: z.object({ vendor: z.string(), family: z.number() }),
  iommu: z.boolean(),
  devices: z
    .array(
      z.object({
        bdf: z.string(),
        vendor: z.string(),
        device: z.string(),
        class: z.string(),
        upstream: z.string().nullable(),
        bridge: z.boolean(),
        acs: z.object({ cap: z.number(), ctrl: z.number() }).optional(),
      }),
    )
    .max(100_000),
  pairs: z.array(
    z.tuple([z.string(), z.string(), z.enum(['NOT_SUPPORTED', 'BUS_ADDR', 'THRU_HOST_BRIDGE']), z.number()]),
  ),
});

export interface PeerRecording {
  readonly tree: PciTree;
  readonly pairs: readonly {
    readonly provider: string;
    readonly client: string;
    readonly mapType: MapType;
    readonly distance: number;
  }[];
}

const amdZenFamily = 0x17;

/** Bus and device-function numbers of "0000:80:01.0". */
function address(bdf: string): { readonly bus: string; readonly devfn: number } {
  const [domain = '', bus = '', slot = ''] = bdf.split(':');
  const [device = '0', fn = '0'] = slot.split('.');
  return { bus: `${domain}:${bus}`, devfn: (Number.parseInt(device, 16) << 3) | Number.parseInt(fn, 16) };
}

/** Builds the tree of a recording. Throws a ZodError where the file is not one. */
export function treeOfRecording(json: unknown): PeerRecording {
  const file = recordingSchema.parse(json);
  const byBdf = new Map(file.devices.map((device) => [device.bdf, device]));
  const rootBus = (bdf: string): string => {
    const above = byBdf.get(bdf)?.upstream ?? null;
    return above === null ? address(bdf).bus : rootBus(above);
  };
  const nodes = new Map<string, PciNode>(
    file.devices.map(({ bdf, upstream, acs }) => [
      bdf,
      { bdf, upstream, hostBridge: rootBus(bdf), acsCtrl: acs === undefined ? null : acs.ctrl },
    ]),
  );
  const roots = new Map<string, RootDevice>();
  for (const device of file.devices) {
    const { bus, devfn } = address(device.bdf);
    if (device.upstream !== null || roots.has(bus)) continue;
    roots.set(bus, {
      vendor: Number.parseInt(device.vendor, 16),
      device: Number.parseInt(device.device, 16),
      devfn,
      isRootPort: device.bridge,
    });
  }
  return {
    tree: {
      node: (bdf) => nodes.get(bdf) ?? null,
      rootDevice: (hostBridge) => roots.get(hostBridge) ?? null,
      cpuForwardsPeers: file.cpu.vendor === 'amd' && file.cpu.family >= amdZenFamily,
    },
    pairs: file.pairs.map(([provider, client, mapType, distance]) => ({ provider, client, mapType, distance })),
  };
}
