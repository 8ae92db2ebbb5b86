import { describe, expect, it } from 'vitest';
import type { Cursor } from '../../app/contract/frame.ts';
import { createSeeker } from './seeker.ts';

interface Asked {
  readonly cursor: Cursor;
  readonly from: Cursor | null;
  readonly answer: (text: string) => void;
  readonly refuse: (error: Error) => void;
}

/** A seeker whose answers come when the test says so. */
function setUp() {
  const asked: Asked[] = [];
  const painted: string[] = [];
  const failed: unknown[] = [];
  const seeker = createSeeker<string>({
    fetch: (cursor, from) => new Promise((answer, refuse) => asked.push({ cursor, from, answer, refuse })),
    paint: (_, text) => painted.push(text),
    fail: (error) => failed.push(error),
  });
  return { asked, painted, failed, seeker };
}

const at = (step: number): Cursor => ({ step, event: null });
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('seeking', () => {
  it('asks for the difference from what is on screen', async () => {
    const { asked, seeker } = setUp();
    seeker.seek(at(0));
    expect(asked[0]!.from).toBeNull();
    asked[0]!.answer('zero');
    await settled();
    seeker.seek(at(1));
    expect(asked[1]).toMatchObject({ cursor: at(1), from: at(0) });
  });

  it('keeps only the latest of the wishes that came while it waited', async () => {
    const { asked, painted, seeker } = setUp();
    for (const step of [0, 1, 2, 3, 4]) seeker.seek(at(step));
    expect(asked).toHaveLength(1);
    asked[0]!.answer('zero');
    await settled();
    expect(asked).toHaveLength(2);
    expect(asked[1]!.cursor).toEqual(at(4));
    asked[1]!.answer('four');
    await settled();
    expect(painted).toEqual(['zero', 'four']);
  });

  it('drops an answer that belongs to a document that is closed', async () => {
    const { asked, painted, seeker } = setUp();
    seeker.seek(at(5));
    seeker.reset();
    seeker.seek(at(0));
    expect(asked[1]!.from).toBeNull();
    asked[1]!.answer('new');
    await settled();
    asked[0]!.answer('old');
    await settled();
    expect(painted).toEqual(['new']);
  });

  it('asks for the whole picture after an answer that did not come', async () => {
    const { asked, painted, failed, seeker } = setUp();
    seeker.seek(at(0));
    asked[0]!.answer('zero');
    await settled();
    seeker.seek(at(1));
    asked[1]!.refuse(new Error('gone'));
    await settled();
    expect(failed).toHaveLength(1);
    seeker.seek(at(1));
    expect(asked[2]!.from).toBeNull();
    asked[2]!.answer('one');
    await settled();
    expect(painted).toEqual(['zero', 'one']);
  });
});
