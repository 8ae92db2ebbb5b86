import { describe, expect, it } from 'vitest';
import { printProblem } from '../base/result.ts';
import { loadScenario } from './load.ts';

/** A small correct file; a test spoils one line of it. */
const good = [
  'version: 1',
  'id: mine',
  'title: Mine',
  'line: one line',
  'machine: dual-socket',
  'steps:',
  '  - title: one',
  '    do:',
  '      - { op: process, by: kernel, name: A }',
  '      - { op: mmap, by: A, as: heap, pages: 4 }',
  '      - { op: write, by: A, place: "A.heap[0]", value: 1 }',
  '    expect:',
  '      - { strip: A.heap, shows: "S..." }',
  '    read:',
  '      - { see: do_anonymous_page, in: mm/memory.c }',
];

function spoiled(line: number, text: string): readonly string[] {
  const result = loadScenario('mine.yaml', good.map((old, i) => (i + 1 === line ? text : old)).join('\n'));
  return result.ok ? [] : result.error.map(printProblem);
}

describe('a scenario file', () => {
  it('is good as it stands', () => expect(spoiled(0, '')).toEqual([]));

  it.each([
    [
      3,
      'titel: Mine',
      [
        'mine.yaml:1:1: "title" is missing: give it a text',
        'mine.yaml:3:1: unknown key "titel": did you mean "title"?',
      ],
    ],
    [8, '    doo:', ['mine.yaml:8:5: unknown key "doo": did you mean "do"?']],
    [
      9,
      '      - { op: proces, by: kernel, name: A }',
      ['mine.yaml:9:15: "op" is "proces", which is none of the known ones: did you mean "process"?'],
    ],
    [
      9,
      '      - { op: process, by: kernel, naem: A }',
      ['mine.yaml:9:9: "name" is missing: give it a text', 'mine.yaml:9:36: unknown key "naem": did you mean "name"?'],
    ],
    [
      11,
      '      - { op: write, by: A, place: "A.heap[", value: 1 }',
      ['mine.yaml:11:36: "place": a place looks like A.heap, A.heap[3] or A.heap[0..4]'],
    ],
    [
      13,
      '      - { strip: A.heap, show: "S..." }',
      [
        'mine.yaml:13:9: "shows" is missing: give it a text',
        'mine.yaml:13:26: unknown key "show": did you mean "shows"?',
      ],
    ],
    [
      13,
      '      - { event: notifierStrat, count: 1 }',
      ['mine.yaml:13:18: "event" is "notifierStrat"; did you mean "notifierStart"?'],
    ],
    [
      13,
      '      - { page: A.heap, is: { entry: PRESNT } }',
      ['mine.yaml:13:38: "entry" is "PRESNT"; did you mean "PRESENT"?'],
    ],
    [
      13,
      '      - { page: A.heap, is: { writable: true } }',
      [expect.stringMatching(/^mine\.yaml:13:31: unknown key "writable": known are "entry", "write", "young"/)],
    ],
    [13, '      - { frame: A.heap, has: { ref: 1 } }', ['mine.yaml:13:33: unknown key "ref": did you mean "refs"?']],
    [
      13,
      '      - { record: spce.A, has: { users: 1 } }',
      [expect.stringMatching(/^mine\.yaml:13:19: "record": a record is named TABLE\.KEY/)],
    ],
    [13, '      - { result: busy }', ['mine.yaml:13:19: "result": a result is ok, waits, an errno or a signal']],
    [13, '      - S...', [expect.stringMatching(/^mine\.yaml:13:9: /)]],
    [
      5,
      'machine: { objects: [{ kind: machin, id: machine }] }',
      [expect.stringMatching(/^mine\.yaml:5:30: "kind" is "machin", .*did you mean "machine"\?$/)],
    ],
    [
      5,
      'machine: { objcts: [] }',
      [
        'mine.yaml:5:10: "objects" is missing: give it a list',
        'mine.yaml:5:12: unknown key "objcts": did you mean "objects"?',
      ],
    ],
  ])('line %i spoiled as %j says where and how to mend it', (line, text, problems) => {
    expect(spoiled(line, text)).toEqual(problems);
  });
});
