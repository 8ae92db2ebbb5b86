/** The picture at the head of each mechanism's file is run: what it shows is what the mechanism does. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { picturesOf } from './testing/picture.ts';
import { runPicture } from './testing/run-picture.ts';

const engine = new URL('../engine/', import.meta.url);
const files = ['mm', 'device'].flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, engine))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`),
);
const headOf = (file: string) => picturesOf(readFileSync(new URL(file, engine), 'utf8'));

describe('the head of a mechanism', () => {
  it.each(files)('%s shows what it does, before and after', (file) => {
    expect(headOf(file).length).toBeGreaterThan(0);
  });

  const all = files.flatMap((file) =>
    headOf(file).map((picture) => ({ file, picture, name: `${file}:${picture.line}` })),
  );
  it.each(all)('$name: what it shows is what happens', ({ picture }) => {
    expect(runPicture(picture)).toEqual([]);
  });
});

describe('a picture', () => {
  const said = (line: string): readonly string[] =>
    picturesOf(`/**\n * ${line}\n */`).flatMap((picture) => runPicture(picture));

  it('that shows something else is told apart', () => {
    expect(said('A ....  --write [0..2)-->  A SS..   do_anonymous_page')).toEqual([]);
    expect(said('A ....  --write [0..2)-->  A S...')).toEqual(['after: A S..., but it shows SS..']);
    expect(said('A SS..  --munmap! EFAULT-->  A ....')).toEqual(['it ends with ok, not EFAULT']);
    expect(said('A SS..  --munmap-->  A ....   CLEAR by zap_pte_range')).toEqual(['CLEAR was not sent']);
    expect(said('A SS..  --munmap-->  A ....   wp_page_copy')).toEqual(['no event stands for wp_page_copy']);
  });
});
