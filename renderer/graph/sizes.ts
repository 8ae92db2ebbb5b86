import type { GraphNode } from '../../app/contract/frame.ts';
import { stripGrid } from '../strips/strip-grid.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Width inside a card, for its strips. */
export const innerWidth: Readonly<Record<'process' | 'memory' | 'device', number>> = {
  process: 640,
  memory: 240,
  device: 216,
};

/** Room for the names of a process's buffers, left of their strips. */
export const labelWidth = 76;
const leastProcess = 380;

const padding = 12;
const head = 24;
const line = 18;

/** Height that strips take in a card, labels included. */
const stripsHeight = (node: GraphNode, room: number): number =>
  node.strips.reduce((sum, strip) => sum + stripGrid(strip.pages, room).height + 8, 0);

/**
 * How large a node is drawn, from its content alone: known before layout, and the same at every step. `inside` are the
 * nodes that are drawn within it: the memory and the BARs of a device.
 */
export function nodeSize(node: GraphNode, inside: readonly GraphNode[]): Size {
  switch (node.kind) {
    case 'process':
      return {
        width: Math.max(
          leastProcess,
          ...node.strips.map((strip) => stripGrid(strip.pages, innerWidth.process).width + labelWidth + 2 * padding),
        ),
        height:
          2 * padding +
          head +
          Math.max(
            line,
            node.strips.reduce(
              (sum, strip) => sum + Math.max(line, stripGrid(strip.pages, innerWidth.process).height) + 8,
              0,
            ),
          ),
      };
    case 'memory':
      return {
        width: innerWidth.memory + 2 * padding,
        height: 2 * padding + head + stripsHeight(node, innerWidth.memory),
      };
    case 'device':
      return {
        width: innerWidth.device + 2 * padding,
        height:
          2 * padding + head + inside.reduce((sum, part) => sum + line + 9 + stripsHeight(part, innerWidth.device), 0),
      };
    case 'cpu':
      return { width: innerWidth.memory + 2 * padding, height: 2 * padding + head };
    default:
      return { width: 142, height: 2 * padding + 2 * line + 4 };
  }
}
