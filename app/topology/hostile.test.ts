import { strFromU8, strToU8 } from 'fflate';
import { describe, expect, it } from 'vitest';
import { inspect } from './counts.ts';
import { printMemscape } from './memscape/print.ts';
import { readTopology } from './read-topology.ts';
import { hostileInputs } from './testing/hostile.ts';
import { ownSamples } from './testing/samples.ts';

const read = (bytes: Uint8Array) => readTopology('hostile', bytes);

/** What came of it, in one line. */
function outcome(result: ReturnType<typeof readTopology>): string {
  if (result.ok) return `read ${result.value.objects.length}: ${result.value.warnings.at(-1)?.message ?? ''}`;
  const [problem] = result.error;
  return `refused at ${problem?.line}:${problem?.column}: ${problem?.message}`;
}

describe('inputs that mean harm', () => {
  it.each(hostileInputs)('$name', ({ make, outcome: expected }) => {
    expect(outcome(read(make()))).toMatch(expected);
  });

  const impossible = hostileInputs.filter(({ name }) => /of a kilobyte$|no register holds/.test(name));
  it.each(impossible)('$name: what is read of it can be written and read again', ({ make }) => {
    const result = read(make());
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    const again = read(strToU8(printMemscape(result.value)));
    expect(again.ok ? inspect(again.value).counts : again.error).toEqual(inspect(result.value).counts);
  });

  it('files larger than any source is', () => {
    expect(outcome(readTopology('x', new Uint8Array(256 * 1024 * 1024 + 1)))).toMatch(
      /^refused at 0:0: the file has 257 MiB; at most 256/,
    );
    expect(outcome(read(strToU8(`available: 1 nodes (0)\n${' '.repeat(16 * 1024 * 1024)}`)))).toMatch(
      /at most 16 are read/,
    );
  });
});

/** Texts of every format; archives carry no text of their own. */
const texts = ownSamples
  .filter(([name]) => !name.startsWith('snapshot'))
  .map(([name, bytes]) => [name, strFromU8(bytes)] as const);
const lineBased = texts.filter(([name]) => !/hwloc|nccl|cxl|daxctl/.test(name));

describe('text that has been through a terminal, a mail or a broken disk', () => {
  it.each(texts)('%s with carriage returns says the same', (_, text) => {
    const plain = read(strToU8(text));
    const returned = read(strToU8(text.replaceAll('\n', '\r\n')));
    if (!plain.ok || !returned.ok) throw new Error('a sample is not read');
    expect(inspect(returned.value).counts).toEqual(inspect(plain.value).counts);
    expect(returned.value.warnings).toEqual(plain.value.warnings);
  });

  it.each(lineBased)('%s with colours of a terminal says the same', (_, text) => {
    const plain = read(strToU8(text));
    const coloured = read(strToU8(text.replaceAll('\n', '\u001b[0m\n\u001b[1;32m').replace(/^/, '\u001b[4m')));
    if (!plain.ok || !coloured.ok) throw new Error('a sample is not read');
    expect(inspect(coloured.value).counts).toEqual(inspect(plain.value).counts);
  });

  it.each(texts)(
    '%s with NUL, escapes or bad UTF-8 anywhere is read or refused with its place, never worse',
    (_, text) => {
      const bytes = strToU8(text);
      for (const piece of [[0], [0x1b, 0x5b, 0x33, 0x31, 0x6d], [0x0d], [0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80]]) {
        for (let at = 0; at <= bytes.length; at += 1 + (at % 7)) {
          const result = read(Uint8Array.from([...bytes.subarray(0, at), ...piece, ...bytes.subarray(at)]));
          if (!result.ok) expect(result.error[0]?.message, `at ${at}`).not.toBe('');
        }
      }
    },
  );

  it('a listing in JSON or YAML with bad UTF-8 in a name comes with a warning', () => {
    for (const text of [
      '[{"memdev":"mem0","host":"~"}]',
      'memscape: topology\nversion: 1\ntitle: ~x\nobjects: [{ kind: machine, id: machine }]\n',
    ]) {
      const result = read(strToU8(text).map((byte) => (byte === 0x7e ? 0xff : byte)));
      if (!result.ok) throw new Error(JSON.stringify(result.error));
      expect(result.value.warnings.at(-1)?.message).toMatch(/not valid UTF-8/);
    }
  });

  it.each(texts)('%s with bad UTF-8 at its end, where it is read, comes with a warning', (_, text) => {
    const result = read(Uint8Array.from([...strToU8(text), 0x23, 0xff, 0x0a]));
    const said = result.ok ? result.value.warnings.map(({ message }) => message).join('\n') : outcome(result);
    expect(said).toMatch(/^refused at [1-9]|not valid UTF-8|^refused at 0:0: not a description/);
  });
});
