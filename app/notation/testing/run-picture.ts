/** Carries out a picture and says what is not as it shows. */
import { pageMap } from '../../engine/apply.ts';
import type { Event, OpResult } from '../../engine/event.ts';
import { initialWorld } from '../../engine/initial-world.ts';
import { notifierEvents } from '../../engine/mm/notifier.ts';
import type { OpInput } from '../../engine/operations.ts';
import { resolvePlace } from '../../engine/place.ts';
import { completeOp, step } from '../../engine/step.ts';
import { testMachine } from '../../engine/testing/machine.ts';
import { pteLevel } from '../../model/pte.ts';
import type { World } from '../../model/world.ts';
import { printDeviceStrip, printStrip } from '../strip.ts';
import { devices, makingOf, opOf } from './picture-op.ts';
import { cellsOf, compress, type Cell, type Picture, type Shown } from './picture.ts';

/** What a world shows under a name. */
function show(world: World, { name, text }: Shown): string {
  if (devices.includes(name)) return compress([...printDeviceStrip(world, `${name}:A`, 'A.heap')].map(plain));
  if (name === 'cache') {
    const pages = world.records.file['log']?.pages ?? 0;
    const cached = pageMap(world, 'pageCache', 'log');
    return Array.from({ length: pages }, (_, page) => (cached.has(page) ? 'f' : '.')).join('');
  }
  const [table = '', ...rest] = name.split('.');
  const found = world.records[table as keyof World['records']] as Readonly<Record<string, unknown>> | undefined;
  if (found !== undefined && rest.length > 0) return String(field(found, rest));
  const place = rest.length === 0 ? `${name}.heap` : name;
  const span = resolvePlace(world, place);
  if (span === null) return `no ${place} for ${text}`;
  return compress(
    [...printStrip(world, place)].map((letter, i) => ({
      letter,
      huge: pteLevel(pageMap(world, 'pte', span.space).column(span.start + i, 0) ?? 0) > 0,
    })),
  );
}

/** Records have names in lower case; so have devices, but theirs is one word. */
const isFact = (name: string): boolean => /^[a-z]\w*\./.test(name);

const plain = (letter: string): Cell => ({ letter, huge: false });

/** A field by path; a key may hold dots itself ("pool.gpu0.vram.free"). */
function field(at: unknown, path: readonly string[]): unknown {
  if (path.length === 0) return at;
  if (typeof at !== 'object' || at === null) return undefined;
  const record = at as Readonly<Record<string, unknown>>;
  for (let length = path.length; length > 0; length--) {
    const key = path.slice(0, length).join('.');
    if (key in record) return field(record[key], path.slice(length));
  }
  return undefined;
}

const printEnd = (result: OpResult): string =>
  'ok' in result ? 'ok' : 'errno' in result ? result.errno : 'signal' in result ? result.signal : `waits`;

/** Runs a picture; what is not as it shows, in words. Empty: all is well. */
export function runPicture(picture: Picture): readonly string[] {
  const strip = picture.before.find(({ name }) => name === 'A');
  const pages = Math.max(4, strip === undefined ? 0 : cellsOf(strip.text).length);
  const mapped = picture.given.some((phrase) => /^mmap.* heap\b/.test(phrase));
  const opened = new Set(['gpu0', ...devices.filter((id) => JSON.stringify(picture).includes(id))]);
  if (strip !== undefined && /C/.test(strip.text)) opened.add('acc0');
  let world = initialWorld(testMachine);
  const events: Event[] = [];
  const carryOut = (op: OpInput): OpResult => {
    const transaction = step(world, completeOp(op));
    world = transaction.after;
    events.push(...transaction.events);
    return transaction.result;
  };
  const prepare = (op: OpInput): void => {
    const result = carryOut(op);
    if (!('ok' in result)) throw new Error(`${JSON.stringify(op)} ends with ${printEnd(result)}`);
  };
  prepare({ op: 'process', by: 'kernel', name: 'A' });
  if (!mapped) prepare({ op: 'mmap', by: 'A', as: 'heap', pages, align: 512 });
  for (const device of opened) prepare({ op: 'open', by: 'A', device });
  for (const phrase of picture.given.length > 0 ? picture.given : makingOf(picture.before)) prepare(opOf(phrase));
  const wrong = (side: string, shown: readonly Shown[]): readonly string[] =>
    shown.flatMap((one) => {
      const seen = show(world, one);
      const said = isFact(one.name) ? one.text : compress(cellsOf(one.text));
      return seen === said ? [] : [`${side} ${one.name} ${one.text}, but it shows ${seen}`];
    });
  const problems = [...wrong('before:', picture.before)];
  events.length = 0;
  let result: OpResult = { ok: true };
  for (const phrase of picture.ops) result = carryOut(opOf(phrase));
  if (printEnd(result) !== picture.ends) problems.push(`it ends with ${printEnd(result)}, not ${picture.ends}`);
  return [...problems, ...wrong('after:', picture.after), ...remarkProblems(picture.remark, events)];
}

/** Kernel functions and notifier events that the remark names and that did not happen. */
function remarkProblems(remark: string, events: readonly Event[]): readonly string[] {
  const functions = new Set(events.flatMap((event) => (event.fn === null ? [] : [event.fn])));
  const sent = new Set(events.flatMap((event) => (event.kind === 'notifierStart' ? [event.args['event']] : [])));
  return (remark.match(/\w+/g) ?? []).flatMap((word) => {
    if (/^_*[a-z]+(_[a-z0-9]+)+$/.test(word) && !functions.has(word)) return [`no event stands for ${word}`];
    const known = notifierEvents.some((event) => event === word);
    return known && !sent.has(word) ? [`${word} was not sent`] : [];
  });
}
