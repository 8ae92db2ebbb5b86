import { describe, expect, it } from 'vitest';
import { parseRemembered } from './layout.ts';

describe('the remembered layout', () => {
  const fresh = parseRemembered(null);

  it('begins with every panel open, in the theme of the system', () => {
    expect(fresh).toEqual({
      theme: 'system',
      tab: 'tables',
      panels: { story: true, inspector: true, timeline: true, legend: true },
      sizes: { story: null, inspector: null, timeline: null },
    });
  });

  it('is read back', () => {
    const kept = {
      theme: 'dark',
      tab: 'events',
      panels: { story: false, inspector: true, timeline: true, legend: false },
      sizes: { story: 300, inspector: 424.5, timeline: null },
    };
    expect(parseRemembered(JSON.stringify(kept))).toEqual(kept);
  });

  it('keeps what is sound of a record that is not', () => {
    expect(
      parseRemembered('{"theme":"dark","tab":7,"panels":[],"sizes":{"story":"x","inspector":400,"timeline":9e9}}'),
    ).toEqual({ ...fresh, theme: 'dark', sizes: { ...fresh.sizes, inspector: 400 } });
  });

  it.each(['', '{', 'null', '[]', '7', `{"theme":"dark","junk":"${'x'.repeat(9000)}"}`])(
    'takes %.20j for nothing',
    (text) => {
      expect(parseRemembered(text)).toEqual(fresh);
    },
  );
});
