import { describe, expect, it } from 'vitest';
import { objectsOf } from '../model/topology.ts';
import { inspect } from './counts.ts';
import { readTopology } from './read-topology.ts';
import { describedIn, hasDescriptions, machineOf, oracleOf } from './testing/oracle.ts';

interface Oracle {
  readonly version: string;
  readonly cpu: number;
  readonly pci: number;
  readonly gpu: number;
  readonly nic: number;
  readonly net: number;
  readonly pci_by_class: Readonly<Record<string, number>>;
  readonly pci_bridges_0x0604: number;
  readonly gpu_gpu_link_pairs: number;
  readonly xgmi: number;
  readonly link_targets_not_a_gpu: readonly string[];
}

const files = [
  ...describedIn('nccl-xml', /\.xml$/).map((name) => `nccl-xml/${name}`),
  ...describedIn('rccl-xml', /\.xml$/).map((name) => `rccl-xml/${name}`),
];
const of = (xml: string) => readTopology('t.xml', new TextEncoder().encode(xml));

describe.skipIf(!hasDescriptions)('NCCL and RCCL topology files (skipped where ../shared is absent)', () => {
  it.each(files)('%s has every count of its oracle', (path) => {
    const oracle = oracleOf<Oracle>(path.split('/')[1] ?? '');
    const topology = machineOf(path);
    const { counts, version, format } = inspect(topology);
    const classed = (prefix: RegExp): number =>
      Object.entries(oracle.pci_by_class).reduce((sum, [code, n]) => sum + (prefix.test(code) ? n : 0), 0);
    expect({ format, version }).toEqual({ format: 'nccl-xml', version: oracle.version });
    expect(counts).toMatchObject({
      numaNodes: oracle.cpu,
      pciBridges: oracle.pci_bridges_0x0604,
      pciFunctions: oracle.pci - oracle.pci_bridges_0x0604,
      // Static files of clouds tell GPUs and NICs by class only.
      gpus: oracle.gpu > 0 ? oracle.gpu : classed(/^0x03/),
      nics: oracle.nic > 0 ? Math.max(oracle.nic, classed(/^0x02/)) : classed(/^0x02/),
      packages: null,
      cores: null,
      hostBridges: null,
    });
    // The eight links of one file lead to switches that its virtual machine hides.
    const hidden = oracle.link_targets_not_a_gpu.length > 0 ? 8 : 0;
    expect((counts.links.nvlink ?? 0) + (counts.links.xgmi ?? 0)).toBe(oracle.gpu_gpu_link_pairs + hidden);
    expect(objectsOf(topology, 'osDevice').filter((device) => device.subtype === 'net').length).toBe(oracle.net);
  });

  it('joins GPUs to the switch fabric that a virtual machine hides', () => {
    const topology = machineOf('nccl-xml/dump-8xb200-vm-nvswitch.xml');
    expect(
      topology.links.every(
        (link) => [link.a, link.b].includes('nvswitch:fabric') && link.count === 18 && link.bandwidthGBs === 40.1 * 18,
      ),
    ).toBe(true);
  });

  it('takes a link that both ends list for one, with its rate by the generation of the GPU', () => {
    const [link, ...others] = machineOf('nccl-xml/dump-2xa6000-nvlink-numa-minus1.xml').links;
    expect(others).toEqual([]);
    expect(link).toMatchObject({
      a: 'pci:0000:07:00.0',
      b: 'pci:0000:08:00.0',
      count: 4,
      bandwidthGBs: 48,
      from: [{ line: 5 }],
    });
  });
});

describe('NCCL files that are something else', () => {
  it('says so of a dump of graphs', () => {
    expect(of('<graphs version="1"/>')).toMatchObject({
      ok: false,
      error: [{ line: 1, message: expect.stringMatching(/NCCL_TOPO_DUMP_FILE/) }],
    });
  });

  it('warns of addresses and targets that make no sense, with their lines', () => {
    const result = of(
      '<system version="1">\n<cpu numaid="0">\n<pci busid="nonsense"/>\n<pci busid="0000:01:00.0" class="0x030200"><gpu dev="0">\n<nvlink target="0000:09:00.0" count="2" tclass="0x030200"/></gpu></pci></cpu></system>',
    );
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(result.value.warnings.map(({ line }) => line)).toEqual([3, 5]);
    expect(inspect(result.value).counts).toMatchObject({ gpus: 1, links: { nvlink: 0 } });
  });
});
