import { describe, expect, it } from 'vitest';
import type { GraphNode } from '../contract/frame.ts';
import { cardOf, type Mark } from './card.ts';
import type { DrawnNode } from './picture.ts';

const gpu: DrawnNode = {
  id: 'g',
  kind: 'device',
  subkind: 'gpu',
  parent: null,
  title: 'gpu0',
  subtitle: '0000:18:00.0',
  facts: [],
  strips: [],
  count: 1,
  alerts: [],
  open: null,
  holds: [],
  alike: null,
  stands: ['g'],
  peers: [],
};
const gib = 2 ** 30;
const bar: GraphNode = {
  ...gpu,
  id: 'b',
  kind: 'bar',
  title: 'BAR 1',
  subtitle: '256 MiB of 48 GiB',
  window: { of: 'v', offset: 0, bytes: gib / 4, ofBytes: 48 * gib },
};
const style = { form: 'full', lines: 2, link: null } as const;
const boxes = (marks: readonly Mark[]) => marks.filter((mark) => mark.kind === 'box' && mark.height === 8);
const texts = (marks: readonly Mark[]) => marks.flatMap((mark) => (mark.kind === 'text' ? [mark.text] : []));

describe('a BAR in the card of its device', () => {
  it('is a window onto the memory behind it, wide enough to be seen', () => {
    const [memory, window] = boxes(cardOf(gpu, [bar], style).marks(220));
    expect(memory).toMatchObject({ width: 200, fill: 'faint' });
    expect(window).toMatchObject({ width: 24, fill: 'accent-edge' });
  });

  it('is true to scale on demand, and says what lies outside', () => {
    const marks = cardOf(gpu, [bar], { ...style, toScale: true }).marks(240);
    const [, window] = boxes(marks);
    expect(window).toMatchObject({ width: (220 * 0.25) / 48 });
    expect(texts(marks)).toContain('256 MiB, 47.8 GiB outside');
  });

  it('does not change the size of the card', () => {
    const { width, height } = cardOf(gpu, [bar], style);
    expect(cardOf(gpu, [bar], { ...style, toScale: true })).toMatchObject({ width, height });
  });
});

describe('a card with room for whole lines', () => {
  const model = 'Mobile GM965/GL960 Integrated Graphics Controller (primary)';

  it('breaks a long one between words instead of cutting it', () => {
    const card = cardOf({ ...gpu, lines: [model] }, [], { ...style, wrap: 240 });
    const lines = texts(card.marks(card.width)).slice(2);
    expect(lines).toHaveLength(2);
    expect(lines.join(' ')).toBe(model);
  });
});

describe('a card of a mesh that no line could draw', () => {
  it('names whom the device is joined to at every level of detail', () => {
    const peers = ['2 × NVLink: gpu3, 6', 'NVLink: gpu1, 2'];
    for (const form of ['full', 'compact', 'chip', 'name'] as const) {
      const card = cardOf({ ...gpu, peers }, [], { ...style, form });
      expect(texts(card.marks(card.width)).join(' ')).toContain(peers.join(' '));
    }
  });
});

describe('a card that is too narrow for its texts', () => {
  it('cuts them with an ellipsis and keeps the whole text', () => {
    const marks = cardOf({ ...gpu, title: 'a name of some length' }, [], style).marks(90);
    const title = marks.find((mark) => mark.kind === 'text');
    expect(title).toMatchObject({ whole: 'a name of some length', text: expect.stringMatching(/…$/) });
  });
});
