import { describe, expect, it } from 'vitest';
import { anyDevice } from '../app/view/fabric/offer-view.ts';
import { argumentSchemas } from './request-schema.ts';

const cursor = { step: 2, event: null };
const passes = (name: keyof typeof argumentSchemas, argument: unknown): boolean =>
  argumentSchemas[name].safeParse([argument]).success;

describe('questions to the fabric from outside', () => {
  it('pass as a window sends them', () => {
    expect(passes('fabricOffer', cursor)).toBe(true);
    expect(passes('fabricPlaces', { cursor, text: 'gp', of: 'place', count: 12 })).toBe(true);
    expect(passes('fabricPlaces', { cursor, text: '', of: 'cpu', count: 12 })).toBe(true);
    expect(passes('findRoutes', { cursor, from: 'gpu0', to: 'dram0' })).toBe(true);
    expect(passes('findDevices', { cursor, wish: anyDevice })).toBe(true);
    const wish = { ...anyDevice, engine: 'ai', pasids: 8, memoryBytes: 2 ** 30, withinNs: 300, atomics: [32, 128] };
    expect(passes('findDevices', { cursor, wish })).toBe(true);
    expect(passes('planPipeline', { cursor, stages: [{ engine: 'cpu', on: 'package:0' }], bytes: 4096 })).toBe(true);
  });

  it('are refused with kinds, engines, widths and keys that there are not', () => {
    const wish = (more: object): boolean => passes('findDevices', { cursor, wish: { ...anyDevice, ...more } });
    expect(wish({ kind: 'toaster' })).toBe(false);
    expect(wish({ engine: 'cpu' })).toBe(false);
    expect(wish({ atomics: [16] })).toBe(false);
    expect(wish({ more: true })).toBe(false);
    expect(passes('fabricPlaces', { cursor, text: '', of: 'anything', count: 1 })).toBe(false);
    expect(passes('findRoutes', { cursor, from: 'gpu0' })).toBe(false);
  });

  it('are bounded in length and size', () => {
    const stages = (n: number) => Array.from({ length: n }, () => ({ engine: 'cpu', on: null }));
    const plan = (n: number, bytes = 1): boolean => passes('planPipeline', { cursor, stages: stages(n), bytes });
    expect([plan(0), plan(1), plan(16), plan(17)]).toEqual([false, true, true, false]);
    expect([plan(1, 0), plan(1, 0.5), plan(1, 2 ** 50), plan(1, 2 ** 51)]).toEqual([false, false, true, false]);
    expect(passes('findRoutes', { cursor, from: 'x'.repeat(257), to: 'gpu0' })).toBe(false);
    expect(passes('fabricPlaces', { cursor, text: 'x'.repeat(257), of: 'place', count: 1 })).toBe(false);
    expect(passes('fabricPlaces', { cursor, text: '', of: 'place', count: 201 })).toBe(false);
    const wish = (more: object): boolean => passes('findDevices', { cursor, wish: { ...anyDevice, ...more } });
    expect([wish({ pasids: 0 }), wish({ pasids: -1 }), wish({ memoryBytes: Number.NaN })]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
