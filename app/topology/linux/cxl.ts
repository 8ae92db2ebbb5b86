import { atPath } from '../draft.ts';
import type { TopologyDraft } from '../draft.ts';
import { parseInteger } from '../numbers.ts';
import { parseBdf, pciId } from '../pci.ts';
import { line } from './file-tree.ts';
import type { FileTree } from './file-tree.ts';

const root = 'sys/bus/cxl/devices';

const kinds = [
  [/^root\d+$/, 'cxlBus'],
  [/^(port|endpoint)\d+$/, 'cxlPort'],
  [/^decoder\d+\.\d+$/, 'cxlDecoder'],
  [/^region\d+$/, 'cxlRegion'],
] as const;

/** The CXL subsystem: buses, ports, decoders, regions and memory devices (Documentation/ABI/testing/sysfs-bus-cxl). */
export function readCxl(tree: FileTree, draft: TopologyDraft): void {
  draft.tells('cxlMemdevs');
  const names = tree.list(root).map((name) => ({ name, real: tree.real(`${root}/${name}`) ?? '' }));
  const idOf = (name: string): string => (/^mem\d+$/.test(name) ? `os:${name}` : `cxl:${name}`);
  const members = new Set(names.map(({ name }) => name));
  // Above in the device tree before below, so that parents exist.
  for (const { name, real } of names.toSorted((a, b) => a.real.split('/').length - b.real.split('/').length)) {
    const above = real.split('/').slice(0, -1).toReversed();
    const number = (file: string): number | null => parseInteger(line(tree, `${real}/${file}`) ?? undefined);
    const owner =
      above.map((part) => (members.has(part) ? idOf(part) : pciId(parseBdf(part) ?? ''))).find((id) => draft.has(id)) ??
      'machine';
    const common = { id: idOf(name), parent: owner, name, facts: {}, from: atPath(real) };
    if (/^mem\d+$/.test(name)) {
      const id = draft.add({ ...common, kind: 'osDevice', classes: ['memory', 'cxlMemdev'], subtype: 'CXLMem' });
      for (const [word, memoryKind] of [
        ['ram', 'cxl'],
        ['pmem', 'pmem'],
      ] as const) {
        const bytes = number(`${word}/size`);
        if (bytes !== null && bytes > 0)
          draft.add({
            kind: 'deviceMemory',
            id: `cxl${word === 'ram' ? 'mem' : 'pmem'}:${name}`,
            parent: id,
            name: null,
            facts: {},
            from: atPath(`${real}/${word}/size`),
            memoryKind,
            bytes,
            registration: null,
          });
      }
      continue;
    }
    const kind = kinds.find(([pattern]) => pattern.test(name))?.[1];
    if (kind === undefined) continue;
    const size = number('size');
    draft.add({
      ...common,
      kind,
      start: number('start') ?? number('resource'),
      bytes: size === 0 && kind === 'cxlRegion' ? null : size,
      interleaveWays: number('interleave_ways'),
      interleaveGranularity: number('interleave_granularity'),
      targets: [],
      mode: line(tree, `${real}/mode`),
    });
  }
}
