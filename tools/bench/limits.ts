/**
 * What inputs that mean harm cost, each in a process of its own: `memscape inspect` ends within 5 s and 1 GB, with what
 * could be read and a warning, or with exit code 2 and a place. Fails where one does not.
 *
 * Run with: npm run bench limits
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostileInputs } from '../../app/topology/testing/hostile.ts';
import { memscape, run } from './child.ts';
import { isMain } from './measure.ts';

const most = { seconds: 5, megabytes: 1024 } as const;

export function benchLimits(): void {
  const folder = mkdtempSync(join(tmpdir(), 'memscape-limits-'));
  let broken = 0;
  for (const { name, make } of hostileInputs) {
    const file = join(folder, 'hostile');
    writeFileSync(file, make());
    const { status, seconds, cpuSeconds, peakMegabytes } = run(memscape('inspect', file));
    // Other programs may hold a busy machine up; they do not make ours use more of it.
    const spent = cpuSeconds ?? seconds;
    const fine = (status === 0 || status === 2) && spent < most.seconds && (peakMegabytes ?? 0) < most.megabytes;
    if (!fine) broken += 1;
    console.log(
      `${fine ? 'ok  ' : 'FAIL'} exit ${status ?? 'none'}  ${seconds.toFixed(2).padStart(6)} s  ${spent.toFixed(2).padStart(5)} s of processor  ${(peakMegabytes ?? 0).toFixed(0).padStart(5)} MB  ${name}`,
    );
  }
  rmSync(folder, { recursive: true, force: true });
  console.log(
    broken === 0
      ? `all ${hostileInputs.length} end within ${most.seconds} s and ${most.megabytes} MB`
      : `${broken} of ${hostileInputs.length} do not end within ${most.seconds} s and ${most.megabytes} MB`,
  );
  if (broken > 0) process.exitCode = 1;
}

if (isMain(import.meta.url)) benchLimits();
