/** The operations of a picture: what stands on its arrow, and what makes its left side. */
import { operations, type OpInput } from '../../engine/operations.ts';
import { cellsOf, type Shown } from './picture.ts';

/** Devices of the machine that pictures show. */
export const devices: readonly string[] = ['gpu0', 'gpu1', 'acc0'];

/** A phrase as an operation: what it does not say is what the operation needs and what goes without saying. */
export function opOf(phrase: string): OpInput {
  const [, actor, rest = ''] = /^(?:([\w.:]+): )?(.*)$/.exec(phrase) ?? [];
  const [name = '', ...words] = rest.split(/\s+/);
  const definition = operations[name as keyof typeof operations];
  if (definition === undefined) throw new Error(`there is no operation "${name}"`);
  const shape = definition.schema.shape as Readonly<Record<string, unknown>>;
  const op: Record<string, unknown> = { op: name };
  for (const word of words) {
    const pair = /^(\w+)=(.+)$/.exec(word);
    const place = /^([A-Z]\w*)?(\.\w+)?(\[[\d.]+[)\]])$/.exec(word);
    if (pair !== null) op[pair[1] ?? ''] = readArgument(pair[1] ?? '', pair[2] ?? '');
    else if (place !== null)
      op['place'] = `${place[1] ?? 'A'}${place[2] ?? '.heap'}${(place[3] ?? '').replace(')', ']')}`;
    else if (devices.includes(word) && 'context' in shape) op['context'] = `${word}:A`;
    else op[bareField(shape, word)] = readWord(word);
  }
  if ('value' in shape) op['value'] ??= 7;
  if ('place' in shape) op['place'] ??= 'A.heap';
  if ('context' in shape) op['context'] ??= 'gpu0:A';
  if ('device' in shape) op['device'] ??= 'gpu0';
  const place = op['place'];
  const owner = typeof place === 'string' ? (place.split('.')[0] ?? 'A') : 'A';
  op['by'] = actor ?? ('context' in shape || 'device' in shape ? byDriver(name, op) : owner);
  return op as OpInput;
}

const byDriver = (name: string, op: Readonly<Record<string, unknown>>): string =>
  name === 'open' || name === 'mmapDevice' || name === 'close'
    ? 'A'
    : `driver:${String(op['device'] ?? String(op['context']).split(':')[0])}`;

function readWord(word: string): unknown {
  if (/^-?\d+$/.test(word)) return Number(word);
  if (word === 'true' || word === 'false') return word === 'true';
  return word;
}

/** What an argument is given; lists are written with "+". */
const readArgument = (name: string, text: string): unknown =>
  name === 'select' || name === 'flags' ? text.split('+') : readWord(text);

/** Which argument a word alone is. */
function bareField(shape: Readonly<Record<string, unknown>>, word: string): string {
  const wanted: readonly string[] = /^-?\d+$/.test(word)
    ? ['value', 'to', 'pages']
    : /^[r-][w-][x-]$/.test(word)
      ? ['prot']
      : devices.includes(word)
        ? ['device']
        : word === 'shared'
          ? ['shared']
          : ['advice', 'mode', 'child', 'action', 'to', 'request', 'as', 'name'];
  const found = wanted.find((name) => name in shape);
  if (found === undefined) throw new Error(`no argument for "${word}"`);
  return found;
}

/** How each letter of a fresh anonymous area comes about. */
const making: Readonly<Record<string, readonly string[]>> = {
  '.': [],
  '0': ['read'],
  S: ['write 7'],
  D: ['write 7', 'migrateToDevice'],
  C: ['write 7', 'migrateToDevice acc0'],
  x: ['write 7', 'makeExclusive'],
  w: ['write 7', 'madvise PAGEOUT'],
  P: ['write 7', 'pin'],
  M: ['write 7', 'migrateSetup'],
};

/** The operations that make the left side of a picture. */
export function makingOf(before: readonly Shown[]): readonly string[] {
  const strip = before.find(({ name }) => name === 'A');
  const cells = strip === undefined ? [] : cellsOf(strip.text);
  const ops: string[] = [];
  if (cells.some((cell) => cell.huge)) ops.push('madvise HUGEPAGE');
  for (let at = 0; at < cells.length;) {
    let end = at;
    while (end < cells.length && cells[end]?.letter === cells[at]?.letter) end++;
    const steps = making[cells[at]?.letter ?? ''];
    if (steps === undefined) throw new Error(`say with "given:" how "${cells[at]?.letter ?? ''}" comes about`);
    ops.push(...steps.map((phrase) => phrase.replace(/^(\w+)/, `$1 [${at}..${end}]`)));
    at = end;
  }
  for (const { name, text } of before.filter((shown) => devices.includes(shown.name))) {
    const mirrored = cellsOf(text);
    for (let at = 0; at < mirrored.length; at++)
      if (mirrored[at]?.letter !== '.') ops.push(`${name}: deviceRead ${name} [${at}]`);
  }
  return ops;
}
