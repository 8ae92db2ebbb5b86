import type { DrawnWay, FabricPlace, WayView } from '../../app/contract/fabric-queries.ts';
import type { RequestAnswer, RequestArgs } from '../../app/contract/requests.ts';

/** Answers about the fabric of the fixture: a GPU and a NIC below one switch. */
const place = (name: string, kind: string, more: string | null = null): FabricPlace => ({
  name,
  kind,
  more,
  drawn: name === 'gpu0.vram' ? 'vram0' : name,
});
const places: readonly FabricPlace[] = [
  place('gpu0', 'GPU', '03:00.0'),
  place('nic0', 'NIC', '04:00.0'),
  place('dram0', 'DRAM'),
  place('gpu0.vram', 'VRAM'),
];
const isFunction = ({ kind }: FabricPlace): boolean => kind === 'GPU' || kind === 'NIC';

const drawn = (marked: readonly string[], wires: readonly string[], narrowest: string | null = null): DrawnWay => ({
  marked,
  lines: wires.length === 0 ? [] : [{ from: marked[0] ?? '', wires }],
  narrowest,
});

const figures = { latencyFrom: 'default', gbsFrom: 'told' } as const;
const nearest: WayView = {
  hops: [
    {
      from: 'gpu0',
      to: 'switch0',
      toKind: 'switch',
      link: 'pcie',
      latencyNs: 55,
      gbs: 63,
      narrowest: false,
      ...figures,
    },
    { from: 'switch0', to: 'nic0', toKind: 'NIC', link: 'pcie', latencyNs: 55, gbs: 31, narrowest: true, ...figures },
  ],
  latencyNs: 110,
  gbs: 31,
  bottleneck: 'switch0 – nic0 (pcie)',
  untold: 0,
  drawn: drawn(['gpu0', 'nic0'], ['switch-gpu0', 'switch-nic0'], 'switch-nic0'),
};
const climbing: WayView = {
  ...nearest,
  hops: [
    ...nearest.hops.slice(0, 1),
    {
      from: 'switch0',
      to: 'bridge',
      toKind: 'host bridge',
      link: 'pcie',
      latencyNs: 180,
      gbs: 63,
      narrowest: false,
      ...figures,
    },
    {
      from: 'bridge',
      to: 'switch0',
      toKind: 'switch',
      link: 'pcie',
      latencyNs: 180,
      gbs: 63,
      narrowest: false,
      ...figures,
    },
    ...nearest.hops.slice(1),
  ],
  latencyNs: 470,
};

type FabricRequests = 'fabricOffer' | 'fabricPlaces' | 'findRoutes' | 'findDevices' | 'planPipeline';

export const fabricAnswers: { readonly [N in FabricRequests]: (...args: RequestArgs<N>) => RequestAnswer<N> } = {
  fabricOffer: () => ({
    functions: 2,
    places: places.length,
    kinds: [
      { kind: 'gpu', title: 'GPU', devices: 1 },
      { kind: 'nic', title: 'NIC', devices: 1 },
    ],
    engines: [
      { engine: 'compute', devices: 1 },
      { engine: 'nic', devices: 1 },
      { engine: 'cpu', devices: 1 },
    ],
    examples: {
      devices: [],
      routes: [{ said: 'gpu0 to nic0', from: 'gpu0', to: 'nic0' }],
      pipelines: [
        {
          said: 'nic → compute',
          stages: [
            { engine: 'nic', on: null },
            { engine: 'compute', on: null },
          ],
        },
      ],
    },
  }),
  fabricPlaces: ({ text, of, count }) => {
    const found = places
      .filter((each) => of === 'place' || isFunction(each))
      .filter(({ name, kind }) => `${name} ${kind}`.toLowerCase().includes(text.toLowerCase()));
    return { total: found.length, found: found.slice(0, count) };
  },
  findRoutes: ({ from, to }) => {
    const known = (name: string): boolean => places.some((each) => each.name === name);
    const unknown = [from, to].find((name) => !known(name));
    return unknown === undefined
      ? {
          problem: null,
          nearest,
          widest: nearest,
          same: true,
          peer: {
            mapType: 'THRU_HOST_BRIDGE',
            distance: 4,
            rule: 'host.whitelist',
            said: 'ACS redirect at switch0 sends it up to the root complex, and the kernel trusts this host bridge to forward',
            way: climbing,
          },
        }
      : { problem: `There is no ${unknown} in this machine.`, nearest: null, widest: null, same: false, peer: null };
  },
  findDevices: ({ wish }) => {
    const [gpu, nic] = places;
    if (gpu === undefined || nic === undefined) throw new Error('the fixture has both');
    const tooFew = wish.pasids !== null && wish.pasids > 3;
    const wrong = wish.engine !== null && wish.engine !== 'compute';
    const fits = !tooFew && !wrong;
    const lack = { why: null, read: 'iommu_alloc_mm_data' };
    return {
      problem: null,
      foundTotal: fits ? 1 : 0,
      found: fits
        ? [
            {
              device: gpu,
              memory: wish.memoryBytes === null ? null : { pool: 'dram0', latencyNs: 340, gbs: 31 },
              peer: wish.peer === null ? null : { mapType: 'THRU_HOST_BRIDGE', distance: 4 },
              freePasids: 3,
              drawn: drawn(['gpu0'], []),
            },
          ]
        : [],
      droppedTotal: fits ? 1 : 2,
      dropped: [
        {
          constraint: 'engine',
          title: 'engine',
          devices: 1,
          rows: [
            {
              device: nic,
              lacks: [
                { constraint: 'engine', title: 'engine', needs: 'compute', has: 'nic', missing: null, ...lack },
                ...(tooFew
                  ? [
                      {
                        constraint: 'pasids' as const,
                        title: 'free PASIDs',
                        needs: `${wish.pasids} free PASIDs`,
                        has: 'not told',
                        missing: null,
                        ...lack,
                      },
                    ]
                  : []),
              ],
              drawn: drawn(['nic0'], []),
            },
          ],
        },
        ...(tooFew
          ? [
              {
                constraint: 'pasids' as const,
                title: 'free PASIDs',
                devices: 1,
                rows: [
                  {
                    device: gpu,
                    lacks: [
                      {
                        constraint: 'pasids' as const,
                        title: 'free PASIDs',
                        needs: `${wish.pasids} free PASIDs`,
                        has: '3',
                        missing: `${(wish.pasids ?? 0) - 3} too few`,
                        ...lack,
                      },
                    ],
                    drawn: drawn(['gpu0'], []),
                  },
                ],
              },
            ]
          : []),
      ],
      binding: tooFew ? [{ constraint: 'pasids', title: 'free PASIDs', devices: 1 }] : [],
    };
  },
  planPipeline: ({ stages, bytes }) =>
    stages.some(({ engine }) => engine === 'cpu')
      ? { problem: null, stuck: { stage: 0, said: 'this machine is told to have no CPU' }, plans: [] }
      : {
          problem: null,
          stuck: null,
          plans: ['dram0', 'gpu0.vram'].map((buffer, i) => ({
            devices: ['nic0', 'gpu0'],
            buffers: [buffer],
            latencyNs: 450 + i * 100,
            busyNs: bytes / 31,
            totalNs: 450 + i * 100 + bytes / 31,
            bottleneck: 'switch0 – nic0 (pcie)',
            legs: [
              {
                kind: 'write' as const,
                device: 'nic0',
                buffer,
                mapType: i === 0 ? 'NONE' : 'THRU_HOST_BRIDGE',
                path: ['nic0', 'switch0', buffer],
                latencyNs: 340,
                gbs: 31,
                bottleneck: 'switch0 – nic0 (pcie)',
              },
              {
                kind: 'read' as const,
                device: 'gpu0',
                buffer,
                mapType: 'NONE',
                path: ['gpu0', buffer],
                latencyNs: 110 + i * 100,
                gbs: null,
                bottleneck: null,
              },
            ],
            drawn: drawn(['nic0', 'gpu0'], ['switch-nic0', 'switch-gpu0'], 'switch-nic0'),
          })),
        },
};
