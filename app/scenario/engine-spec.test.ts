import { describe, expect, it } from 'vitest';
import { engineSpec } from './engine-spec.ts';
import { testMachine } from './testing/machine.ts';

type Settings = NonNullable<Parameters<typeof engineSpec>[1]>;

const gpu = (devices: Settings['devices']) =>
  engineSpec(testMachine, { thp: 'never', swap: 0, devices }).devices.find(({ id }) => id === 'gpu0');

describe('a device of a scenario', () => {
  it('behaves like the driver that its preset names', () => {
    expect(gpu({ gpu0: { preset: 'dmirror' } })).toMatchObject({
      faultPages: 32,
      migratePages: 512,
      bringBackPages: 1,
    });
    expect(gpu({ gpu0: { preset: 'amdkfd' } })).toMatchObject({ bringBackPages: 512 });
  });

  it('does what is said of it besides, rather than what its preset does', () => {
    expect(gpu({ gpu0: { preset: 'dmirror', faultPages: 8, owner: 'fabric' } })).toMatchObject({
      faultPages: 8,
      migratePages: 512,
      owner: 'fabric',
    });
  });

  it('has no setting that nobody gave', () => {
    expect(Object.keys(gpu({}) ?? {}).sort()).toEqual(['id', 'memory', 'pool']);
  });
});
