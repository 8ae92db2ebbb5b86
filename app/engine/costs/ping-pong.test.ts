import { describe, expect, it } from 'vitest';
import { machineWorld } from '../../scenario/testing/machine-world.ts';
import { crossover, turnCosts, type SharingPolicy, type TurnCost } from './ping-pong.ts';

const world = machineWorld('dual-socket');
const costs = turnCosts(world, 'gpu0', 'dram0', 'gpu0.vram', 64);
const of = (policy: SharingPolicy): TurnCost => {
  const found = costs.find((each) => each.policy === policy);
  if (found === undefined) throw new Error(policy);
  return found;
};
const total = ({ turnNs, accessNs }: TurnCost, accesses: number): number => turnNs + accesses * accessNs;

describe('a CPU and a device that take turns', () => {
  it('pay nothing before the first access where nothing moves, and most where 2 MiB move', () => {
    expect(of('remote').turnNs).toBe(0);
    expect(of('migrate').turnNs).toBeGreaterThan(0);
    expect(of('migrateHuge').turnNs).toBeGreaterThan(of('migrate').turnNs);
  });

  it('pay less for each access where the page is local', () => {
    expect(of('migrate').accessNs).toBe(of('migrateHuge').accessNs);
    expect(of('migrate').accessNs).toBeLessThan(of('remote').accessNs);
    expect(of('exclusive').accessNs).toBe(of('remote').accessNs);
  });

  it.each(['migrate', 'migrateHuge'] as const)('%s is cheaper from the crossover on, and not before', (policy) => {
    const at = crossover(of(policy), of('remote'));
    expect(at).not.toBeNull();
    expect(total(of(policy), at ?? 0)).toBeLessThan(total(of('remote'), at ?? 0));
    expect(total(of(policy), (at ?? 0) - 1)).toBeGreaterThanOrEqual(total(of('remote'), (at ?? 0) - 1));
  });

  it('a lease never pays in time: it is for atomics', () => {
    expect(crossover(of('exclusive'), of('remote'))).toBeNull();
  });
});
