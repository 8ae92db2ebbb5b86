import { draftLimits } from '../draft.ts';
import { parseHex } from '../numbers.ts';
import { hex } from '../pci.ts';
import type { TextLine } from '../text-lines.ts';

/** A function in the picture of `lspci -t`. */
export interface TreeFunction {
  readonly line: number;
  readonly domain: number;
  readonly bus: number;
  /** "1c.0" */
  readonly slot: string;
  readonly bdf: string;
  readonly name: string | null;
  /** The bridge above; null on a root bus. */
  readonly parent: string | null;
  readonly rootBus: number;
  /** Buses behind it, where it is a bridge. */
  readonly secondary: number | null;
  readonly subordinate: number | null;
}

interface Bus {
  readonly domain: number;
  readonly number: number;
  readonly rootBus: number;
  readonly bridge: string | null;
}

export const isTreeLine = (text: string): boolean => /^[-\s|+\\]*-\[[0-9a-f]{4,8}:[0-9a-f]{2}\]-/i.test(text);

/**
 * Reads the picture by its columns: a "+" or "\" hangs on the bus whose own "+" stands in the same column above it.
 *
 *      -+-[0000:00]-+-00.0  Host bridge
 *       |           +-01.0-[01]----00.0  GPU
 *       |           \-1f.0  ISA bridge
 *       \-[0000:80]---01.0
 */
export function readTree(
  lines: readonly TextLine[],
  warn: (line: number, message: string) => void,
): readonly TreeFunction[] {
  const functions: TreeFunction[] = [];
  const columns = new Map<number, Bus>();
  for (const { line, text } of lines) {
    if (functions.length >= draftLimits.pci) {
      warn(line, 'there are more functions than any machine has: the rest is left out');
      break;
    }
    if (!/^[-+\\|\s]*[-+\\]/.test(text) || !/[0-9a-f]/i.test(text)) continue;
    let at = text.search(/[^\s|]/);
    let bus = null as Bus | null;
    let rest = text.slice(at);
    const take = (length: number): void => {
      at += length;
      rest = text.slice(at);
    };
    for (;;) {
      const branch = /^[+\\]-/.exec(rest);
      const root = /^-*\[([0-9a-f]{4,8}):([0-9a-f]{2})\]/i.exec(rest);
      const bridge = /^-\[([0-9a-f]{2})(?:-([0-9a-f]{2}))?\]/i.exec(rest);
      const fork = /^-+\+-/.exec(rest);
      const slot = /^-*([01][0-9a-f]\.[0-7])/i.exec(rest);
      if (branch !== null) {
        bus = columns.get(at) ?? null;
        take(1);
      } else if (root !== null) {
        const number = parseHex(root[2]) ?? 0;
        // Inside the tree, a bus whose own bridge is not listed: it is behind the bridge around it.
        bus =
          bus === null || bus.bridge === null
            ? { domain: parseHex(root[1]) ?? 0, number, rootBus: number, bridge: null }
            : { ...bus, number };
        take(root[0].length);
      } else if (bridge !== null && functions.length > 0) {
        const last = functions.pop();
        if (last === undefined) break;
        const secondary = parseHex(bridge[1]) ?? 0;
        functions.push({ ...last, secondary, subordinate: parseHex(bridge[2]) ?? secondary });
        bus = { domain: last.domain, number: secondary, rootBus: last.rootBus, bridge: last.bdf };
        take(bridge[0].length);
      } else if (fork !== null) {
        const column = at + fork[0].length - 2;
        if (bus !== null) columns.set(column, bus);
        take(fork[0].length - 1);
      } else if (slot !== null && bus !== null) {
        const name = slot[1] ?? '';
        const end = slot[0].length;
        const isBridge = /^-\[/.test(rest.slice(end));
        const label = rest.slice(end).trim();
        functions.push({
          line,
          domain: bus.domain,
          bus: bus.number,
          slot: name,
          bdf: `${hex(bus.domain, 4)}:${hex(bus.number, 2)}:${name.toLowerCase()}`,
          name: isBridge || label === '' ? null : label,
          parent: bus.bridge,
          rootBus: bus.rootBus,
          secondary: null,
          subordinate: null,
        });
        take(end);
        if (!isBridge) break;
      } else {
        if (slot !== null) warn(line, 'the bus that this function is on is not in the text: it is left out');
        else if (!/^[-\s]*$/.test(rest))
          warn(line, `not understood and left out: ${JSON.stringify(rest.slice(0, 40))}`);
        break;
      }
    }
  }
  return functions;
}
