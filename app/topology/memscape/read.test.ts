import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { printProblem } from '../../base/result.ts';
import { contradictions, printValue } from '../../model/provenance.ts';
import type { Topology } from '../../model/topology.ts';
import { combineTopologies } from '../combine/combine.ts';
import { inspect } from '../counts.ts';
import { readTopology } from '../read-topology.ts';
import { printMemscape } from './print.ts';
import { topologyJsonSchema } from './schema.ts';

const read = (text: string) => readTopology('m.yaml', new TextEncoder().encode(text));
const head = 'memscape: topology\nversion: 1\nobjects:\n  - { kind: machine, id: machine }\n';

function value(text: string): Topology {
  const result = read(text);
  if (!result.ok) throw new Error(result.error.map(printProblem).join('\n'));
  return result.value;
}

const problems = (text: string): readonly string[] => {
  const result = read(text);
  return result.ok ? [] : result.error.map(printProblem);
};

/** All but where it came from. */
const essence = (topology: Topology): unknown =>
  JSON.parse(
    JSON.stringify({ ...topology, sources: [], warnings: [] }, (key, part: unknown) =>
      key === 'from' ? undefined : part,
    ),
  );

const built = new URL('../../../assets/topologies/', import.meta.url);
const data = new URL('../../../../shared/data/topologies/hwloc-xml/', import.meta.url);

describe('a Memscape topology file', () => {
  it('leaves unknown what it does not say', () => {
    const topology = value(`${head}  - { kind: pciFunction, id: gpu0, bdf: "3B:00.0", deviceKind: gpu }\n`);
    expect(topology.objects[1]).toMatchObject({
      bdf: '0000:3b:00.0',
      vendor: null,
      link: null,
      acs: { kind: 'unknown' },
      parent: 'machine',
      from: [{ line: 5 }],
    });
  });

  it('keeps what the sources that it was made from disagree about, and which of them says what', () => {
    const listing = (name: string, mb: number): Topology => {
      const result = readTopology(
        name,
        new TextEncoder().encode(`available: 1 nodes (0)\nnode 0 cpus: 0\nnode 0 size: ${mb} MB\n`),
      );
      if (!result.ok) throw new Error('a listing is not read');
      return result.value;
    };
    const both = combineTopologies([listing('a.txt', 1024), listing('b.txt', 2048)]);
    const again = value(printMemscape(both));
    const said = (topology: Topology) =>
      contradictions(topology).map(({ object, field, claims }) => [
        object,
        field,
        ...claims.map((claim) => `${topology.sources[claim.from.source]?.name} ${printValue(field, claim.value)}`),
      ]);
    expect(said(again)).toEqual([['numa:0', 'bytes', 'a.txt 1073741824', 'b.txt 2147483648']]);
    expect(said(value(printMemscape(again)))).toEqual(said(again));
    expect(inspect(again)).toMatchObject({ format: 'memscape', conflicts: 1 });
  });

  it('makes the cores and threads of a package, numbered as Linux does', () => {
    const topology = value(
      `${head}  - { kind: package, id: "package:0", cores: 2, threads: 2 }\n  - { kind: package, id: "package:1", cores: 2, threads: 2 }\n`,
    );
    expect(
      topology.objects.flatMap((object) => (object.kind === 'pu' ? [`${object.parent} ${object.id}`] : [])),
    ).toEqual([
      'core:0 pu:0',
      'core:0 pu:4',
      'core:1 pu:1',
      'core:1 pu:5',
      'core:2 pu:2',
      'core:2 pu:6',
      'core:3 pu:3',
      'core:3 pu:7',
    ]);
  });

  it('names what does not fit, with its place and the mend', () => {
    expect(problems(`${head}  - { kind: numaNode, id: "numa:0", byts: 4 GiB }\n`)).toEqual([
      'm.yaml:5:37: unknown key "byts": did you mean "bytes"?',
    ]);
    expect(problems(`${head}  - { kind: numaNode, id: a, parent: machin }\n`)[0]).toMatch(
      /^m\.yaml:5:38: no object has the id "machin": did you mean "machine"\?/,
    );
    expect(
      problems(`${head}  - { kind: group, id: a, parent: b }\n  - { kind: group, id: b, parent: a }\n`)[0],
    ).toMatch(/^m\.yaml:5:35: "a" contains itself/);
    expect(problems(`${head}  - { kind: group, id: machine }\n`)[0]).toMatch(
      /^m\.yaml:5:24: a second object has the id "machine"/,
    );
    expect(problems(`${head}links:\n  - { kind: nvlink, between: [machine, gpu9] }\n`)[0]).toMatch(
      /^m\.yaml:6:40: no object has the id "gpu9"/,
    );
    expect(problems(`${head}  - { kind: pciFunction, id: a, bdf: nonsense, deviceKind: gpu }\n`)[0]).toMatch(
      /^m\.yaml:5:38: .*domain:bus:device/,
    );
    expect(problems(`${head}matrices:\n  - { name: m, means: latency, rows: [machine], values: [1, 2] }\n`)[0]).toMatch(
      /2 values for 1 rows and 1 columns/,
    );
    expect(problems(`${head}  - { kind: quark, id: q }\n`)[0]).toMatch(/^m\.yaml:5:/);
  });

  it('keeps a BAR that no function could ask for, and says so', () => {
    const topology = value(
      `${head}  - { kind: pciFunction, id: a, bdf: "1:00.0", deviceKind: gpu, bars: [{ index: 0, type: mem64, bytes: 3 MiB }] }\n`,
    );
    expect(topology.warnings).toEqual([{ source: 0, line: 5, message: expect.stringMatching(/power of two/) }]);
  });

  it('has a JSON Schema that other editors can use', () => {
    const text = JSON.stringify(topologyJsonSchema());
    expect(text).toContain('"numaNode"');
    expect(text).toContain('additionalProperties');
  });
});

describe('built-in machines', () => {
  it.each(readdirSync(built).filter((name) => name.endsWith('.yaml')))(
    '%s reads without a problem, and is the same after printing',
    (name) => {
      const topology = value(readFileSync(new URL(name, built), 'utf8'));
      expect(topology.title).not.toBeNull();
      expect(essence(value(printMemscape(topology)))).toEqual(essence(topology));
    },
  );

  it('have what they are named for', () => {
    const of = (name: string) => inspect(value(readFileSync(new URL(`${name}.yaml`, built), 'utf8'))).counts;
    expect(of('dual-socket')).toMatchObject({
      packages: 2,
      cores: 64,
      pus: 128,
      gpus: 1,
      nics: 1,
      hostBridges: 3,
      pciBridges: 5,
    });
    expect(of('hbm-cxl').numaNodesByKind).toMatchObject({ dram: 1, hbm: 1, cxl: 1 });
    expect(of('coherent-package')).toMatchObject({ gpus: 1, links: { c2c: 1 }, numaNodesByKind: { gpu: 1 } });
  });
});

describe.skipIf(!existsSync(data))('import of another format to a file (skipped where ../shared is absent)', () => {
  it.each(existsSync(data) ? readdirSync(data).filter((name) => name.endsWith('.xml')) : [])(
    '%s is the same machine after a round trip',
    (name) => {
      const result = readTopology(name, readFileSync(new URL(name, data)));
      if (!result.ok) throw new Error(JSON.stringify(result.error));
      expect(essence(value(printMemscape(result.value)))).toEqual(essence(result.value));
    },
  );
});

describe('figures of the cost model that a machine sets', () => {
  it('are kept, and printed again', () => {
    const machine = value(`${head}costs: { link.pcie: 63, migrate.setup: 2500 }\n`);
    expect(machine.costs).toEqual({ 'link.pcie': 63, 'migrate.setup': 2500 });
    expect(value(printMemscape(machine)).costs).toEqual(machine.costs);
    expect(value(head).costs).toBeUndefined();
  });

  it('stand when another source joins, the first one first', () => {
    const [one, two] = [
      value(`${head}costs: { link.pcie: 63 }\n`),
      value(`${head}costs: { link.pcie: 1, bar.read: 2 }\n`),
    ];
    const both = combineTopologies([one, two]);
    expect(both.costs).toEqual({ 'link.pcie': 63, 'bar.read': 2 });
  });

  it('are known by name, and a rate is above 0', () => {
    expect(problems(`${head}costs: { link.pci: 63 }\n`)[0]).toContain('link.pci');
    expect(problems(`${head}costs: { link.pcie: 0 }\n`)[0]).toContain('m.yaml:5:');
    expect(problems(`${head}costs: { latency.upi: 0 }\n`)).toEqual([]);
  });
});
