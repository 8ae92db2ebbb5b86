import { describe, expect, it } from 'vitest';
import type { Topology } from '../model/topology.ts';
import { inspect } from '../topology/counts.ts';
import { printMemscape } from '../topology/memscape/print.ts';
import { readTopology } from '../topology/read-topology.ts';
import { bytesOf, describedIn, hasDescriptions, machineOf } from '../topology/testing/oracle.ts';
import type { Library } from './library.ts';
import { Session } from './session.ts';

const library: Library = {
  builtin: async () => null,
  ids: async () => [],
  file: async () => null,
  thisMachine: async () => null,
};
const beginning = { step: -1, event: null } as const;
const files = [
  ['hwloc-xml', /xml$/],
  ['nccl-xml', /xml$/],
  ['rccl-xml', /xml$/],
  ['text', /txt$/],
  ['cxl-json', /json$/],
  ['fsroot', /gz$/],
].flatMap(([folder, pattern]) =>
  describedIn(folder as string, pattern as RegExp).map((name) => `${folder as string}/${name}`),
);

/** What is not told by the source, and said: all other files open without a word. */
const warned: readonly (readonly [RegExp, readonly RegExp[]])[] = [
  [/azure-ncv4/, [/4 links lead from a GPU to itself/]],
  [/numa-minus1/, [/NUMA node of this CPU is -1/]],
  [/lspci-dump\.cap|lspci-vv\.(a100|rtx)/, [/bridges above 1 of 1 functions are not in the listing/]],
  [/lspci-vv\.from/, [/not made by root/]],
  [/lspci-vv\.h100/, [/5 lines stand before the first device/, /bridges above 2 of 2/, /not made by root/]],
  [/8n2c-cpusets/, [/1 CPU is offline/]],
  [/fsroot\/(2pa|32em64t|32intel64|40intel64)/, [/capabilities of PCI functions are out of reach/]],
  [
    /ghw-|nvidiagpunumanodes/,
    [/no PCI function has a resource file/, /capabilities of PCI functions are out of reach/],
  ],
];

/** Above this a picture is no picture; the layout folds what comes to it. */
const mostNodes = 2000;

describe.skipIf(!hasDescriptions)('every real description (skipped where ../shared is absent)', () => {
  it.each(files)('%s opens as a picture that holds together', async (path) => {
    const session = new Session(library);
    const opened = await session.open({ kind: 'bytes', name: path, bytes: bytesOf(path) });
    if (!opened.ok) throw new Error(JSON.stringify(opened.error));
    const expected = warned.find(([pattern]) => pattern.test(path))?.[1] ?? [];
    expect(opened.value.warnings.map(({ message }) => message)).toEqual(
      expected.map((pattern) => expect.stringMatching(pattern) as unknown),
    );
    const { nodes, edges } = session.graph(beginning);
    const ids = new Set(nodes.map(({ id }) => id));
    // A map of physical addresses alone, or a DAX device of an unknown place, is nothing to draw: another view shows it.
    const bare = path.startsWith('text/iomem') ? 'addresses' : path.includes('/daxctl') ? 'parts' : undefined;
    expect(opened.value.view).toBe(bare);
    expect(nodes.length > 0).toBe(bare === undefined);
    expect(ids.size).toBe(nodes.length);
    expect(nodes.length).toBeLessThan(mostNodes);
    expect(edges.length).toBeLessThan(mostNodes);
    expect(nodes.filter(({ parent }) => parent !== null && !ids.has(parent))).toEqual([]);
    expect(edges.filter(({ source, target }) => !ids.has(source) || !ids.has(target))).toEqual([]);
    // What is drawn says where it was read.
    expect(nodes.filter(({ origins, kind }) => origins === undefined && kind !== 'group')).toEqual([]);
    const frame = session.frame({ cursor: beginning, from: null });
    expect(frame.nodes.map(({ id }) => id)).toEqual(nodes.map(({ id }) => id));
    expect(frame.alerts).toEqual([]);
    expect(opened.value.title).not.toBe('');
  });

  it.each(files)('%s survives being written as a Memscape file and read again', (path) => {
    const essence = ({ sources: _, warnings: __, ...topology }: Topology): unknown => {
      const bare = <T extends { readonly from: unknown }>(items: readonly T[]) =>
        items.map(({ from: ___, ...rest }) => rest);
      return {
        ...topology,
        tells: topology.tells.toSorted(),
        objects: bare(topology.objects),
        links: bare(topology.links),
        matrices: bare(topology.matrices),
        memoryAttributes: bare(topology.memoryAttributes),
        addressRanges: bare(topology.addressRanges),
      };
    };
    const machine = machineOf(path);
    const again = readTopology('again.yaml', new TextEncoder().encode(printMemscape(machine)));
    if (!again.ok) throw new Error(JSON.stringify(again.error));
    expect(inspect(again.value)).toMatchObject({
      counts: inspect(machine).counts,
      memoryBytes: inspect(machine).memoryBytes,
      title: machine.title,
    });
    expect(essence(again.value)).toEqual(essence(machine));
  });
});
