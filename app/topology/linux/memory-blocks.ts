/**
 * Which NUMA node each stretch of System RAM is of, from the memory blocks that each node lists:
 *
 *     node0/memory0 .. memory15   block_size_bytes 8000000      00100000-7fffffff : System RAM     node 0
 *     node1/memory32, memory33                                  100000000-10fffffff : System RAM   node 1
 *
 * A row of the kernel's map that runs over several nodes stays, and gets the stretch of each of them below it.
 */
import type { Span } from '../../base/span.ts';
import type { AddressRange } from '../../model/topology.ts';
import { atPath } from '../draft.ts';
import { line, numbered, textOf, type FileTree } from './file-tree.ts';

const root = 'sys/devices/system/node';
/** Sizes that kernels use; smaller ones would be sections, larger ones there are none. */
const [smallest, largest] = [2 ** 24, 2 ** 36];
/** Blocks of a node that are looked at: 4 TiB in the smallest usual blocks. */
const mostBlocks = 65_536;

/** Memory of one node in one stretch, in bytes. */
export interface NodeSpan extends Span {
  readonly node: number;
}

/** The stretches of memory of each node, in order; blocks that two nodes list are of neither. */
function nodeSpans(tree: FileTree, ram: readonly Span[]): readonly NodeSpan[] {
  const nodes = numbered(tree, root, 'node').map(({ name, index }) => ({
    node: index,
    blocks: numbered(tree, `${root}/${name}`, 'memory')
      .slice(0, mostBlocks)
      .map((block) => block.index),
  }));
  const owner = new Map<number, number | null>();
  for (const { node, blocks } of nodes)
    for (const block of blocks) owner.set(block, owner.has(block) && owner.get(block) !== node ? null : node);
  const size = toldSize(tree) ?? sizeThatFits(tree, nodes, ram);
  if (size === null) return [];
  const spans: NodeSpan[] = [];
  for (const [block, node] of [...owner].sort(([a], [b]) => a - b)) {
    if (node === null) continue;
    const last = spans[spans.length - 1];
    const start = block * size;
    if (last?.node === node && last.end === start) spans[spans.length - 1] = { ...last, end: start + size };
    else spans.push({ node, start, end: start + size });
  }
  return spans;
}

const isSize = (size: number): boolean => size >= smallest && size <= largest && Number.isInteger(Math.log2(size));

function toldSize(tree: FileTree): number | null {
  const text = line(tree, 'sys/devices/system/memory/block_size_bytes') ?? '';
  const size = /^[0-9a-f]{1,12}$/i.test(text) ? Number.parseInt(text, 16) : 0;
  return isSize(size) ? size : null;
}

/**
 * Older captures list the blocks without their size. It follows where one power of two holds the memory of every node,
 * half of it would not, and each block then begins or ends in System RAM; else it stays unknown.
 */
function sizeThatFits(
  tree: FileTree,
  nodes: readonly { readonly node: number; readonly blocks: readonly number[] }[],
  ram: readonly Span[],
): number | null {
  const sizes = new Set<number>();
  for (const { node, blocks } of nodes) {
    const text = textOf(tree, `${root}/node${node}/meminfo`) ?? '';
    const total = Number(/MemTotal:\s*(\d{1,15}) kB/.exec(text)?.[1] ?? 0) * 1024;
    if (blocks.length === 0 || total === 0) continue;
    sizes.add(2 ** Math.ceil(Math.log2(total / blocks.length)));
  }
  const [size = 0] = sizes;
  const fits = (block: number): boolean =>
    ram.some((span) => span.start < (block + 1) * size && span.end > block * size);
  return sizes.size === 1 && isSize(size) && nodes.every(({ blocks }) => blocks.every(fits)) ? size : null;
}

const isRam = ({ label, object }: AddressRange): boolean => object === null && /^System RAM/i.test(label);

/** Rows of the kernel's map, those of System RAM with the node that they are of. */
export function withNodes(
  tree: FileTree,
  ranges: readonly AddressRange[],
  known: (id: string) => boolean,
): readonly AddressRange[] {
  const spans = nodeSpans(tree, ranges.filter(isRam)).filter(({ node }) => known(`numa:${node}`));
  if (spans.length === 0) return ranges;
  return ranges.flatMap((range): readonly AddressRange[] => {
    if (!isRam(range)) return [range];
    const own = spans.flatMap(({ node, start, end }) =>
      start < range.end && end > range.start
        ? [{ node, start: Math.max(start, range.start), end: Math.min(end, range.end) }]
        : [],
    );
    const [first] = own;
    if (first === undefined) return [range];
    const from = (node: number) => [...range.from, ...atPath(`${root}/node${node}`)];
    if (first.start === range.start && first.end === range.end)
      return [{ ...range, object: `numa:${first.node}`, from: from(first.node) }];
    return [
      range,
      ...own.map(({ node, start, end }) => ({
        ...range,
        start,
        end,
        depth: range.depth + 1,
        object: `numa:${node}`,
        from: from(node),
      })),
    ];
  });
}
