/** Machines that chance makes, for laws of the fabric: host bridges of root ports of switches of functions. */
import fc from 'fast-check';
import type { World } from '../../../model/world.ts';
import { bootWorld } from '../../../scenario/testing/machine-world.ts';

interface Function {
  readonly kind: 'gpu' | 'nic' | 'accelerator';
  readonly memory: boolean;
  readonly throughputGBs: number;
  readonly narrow: boolean;
}

/** What chance decides. */
export interface Plan {
  readonly trusted: readonly boolean[];
  readonly redirects: readonly boolean[];
  readonly functions: readonly Function[];
  /** Functions that an NVLink joins, by their numbers. */
  readonly joined: readonly (readonly [number, number])[];
}

const perPort = 3;
const ports = 2;
const bridges = 2;
const count = bridges * ports * perPort;

export const plans: fc.Arbitrary<Plan> = fc.record({
  trusted: fc.array(fc.boolean(), { minLength: bridges, maxLength: bridges }),
  redirects: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
  functions: fc.array(
    fc.record({
      kind: fc.constantFrom('gpu' as const, 'nic' as const, 'accelerator' as const),
      memory: fc.boolean(),
      throughputGBs: fc.constantFrom(10, 20),
      narrow: fc.boolean(),
    }),
    { minLength: count, maxLength: count },
  ),
  joined: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 3 }),
});

/** The machine of a plan; `more` are objects besides. */
export function worldOf({ trusted, redirects, functions, joined }: Plan, more: readonly string[] = []): World {
  const objects: string[] = [];
  const links: string[] = [];
  for (let b = 0; b < bridges; b++) {
    const device = trusted[b] === true ? '0x09a2' : '0x1234';
    objects.push(
      `{ kind: package, id: "package:${b}", vendor: intel, family: 6 }`,
      `{ kind: numaNode, id: "numa:${b}", parent: "package:${b}", memoryKind: dram, bytes: 4 GiB, registration: system }`,
      `{ kind: hostBridge, id: hb${b}, parent: "package:${b}", domain: ${b}, firstDevice: { devfn: 0, vendor: 0x8086, device: ${device}, isRootPort: false } }`,
    );
    links.push(`{ kind: ddr, between: ["package:${b}", "numa:${b}"], bandwidthGBs: 20, latencyNs: 900 }`);
  }
  links.push(`{ kind: upi, between: ["package:0", "package:1"], bandwidthGBs: 30, latencyNs: 60 }`);
  functions.forEach(({ kind, memory, throughputGBs, narrow }, i) => {
    const port = Math.floor(i / perPort);
    const b = Math.floor(port / ports);
    const [root, up, down] = [`rp${port}`, `up${port}`, `dp${i}`];
    const bus = 1 + (port % ports) * 16;
    const at = (n: number, d: number): string => `"000${b}:${n.toString(16).padStart(2, '0')}:0${d}.0"`;
    const wire = `link: { currentSpeed: 32, currentWidth: ${narrow ? 4 : 16} }`;
    if (i % perPort === 0)
      objects.push(
        `{ kind: pciBridge, id: ${root}, parent: hb${b}, bdf: ${at(0, 1 + (port % ports))}, role: rootPort, ${wire} }`,
        `{ kind: pciBridge, id: ${up}, parent: ${root}, bdf: ${at(bus, 0)}, role: upstream, ${wire} }`,
      );
    const acs = redirects[i] === true ? ', acs: { capability: 0x7f, control: 0x1d }' : '';
    const engines = kind === 'accelerator' ? `, engines: [{ kind: ai, throughputGBs: ${throughputGBs} }]` : '';
    objects.push(
      `{ kind: pciBridge, id: ${down}, parent: ${up}, bdf: ${at(bus + 1, i % perPort)}, role: downstream, ${wire}${acs} }`,
      `{ kind: pciFunction, id: d${i}, parent: ${down}, bdf: ${at(bus + 2 + (i % perPort), 0)}, deviceKind: ${kind}, iommuGroup: ${i}, ${wire}${engines} }`,
    );
    if (!memory) return;
    objects.push(
      `{ kind: deviceMemory, id: d${i}m, parent: d${i}, memoryKind: vram, bytes: 1 GiB, registration: private }`,
    );
    links.push(`{ kind: on-package, between: [d${i}, d${i}m], bandwidthGBs: 1000, latencyNs: ${300 + (i % 2) * 50} }`);
  });
  for (const [a, b] of joined)
    if (a !== b) links.push(`{ kind: nvlink, between: [d${a}, d${b}], bandwidthGBs: 100, latencyNs: 200 }`);
  const list = (items: readonly string[]): string => items.map((item) => `  - ${item}\n`).join('');
  return bootWorld(
    `memscape: topology\nversion: 1\nobjects:\n  - { kind: machine, id: machine }\n${list([...objects, ...more])}links:\n${list(links)}`,
  );
}
