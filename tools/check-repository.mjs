/** Rules about files that no compiler knows. Each message says what to do instead. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(
  process.argv.find((arg) => arg.startsWith('--root='))?.slice(7) ?? fileURLToPath(new URL('..', import.meta.url)),
);
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((name) => name !== '');
const problems = [];
/** Large on purpose, each with its reason. */
const large = new Map([]);

for (const file of files) {
  if (/^app\/(.*\/)?package\.json$/.test(file))
    problems.push(`${file}: packaging would take app/ for the application: remove it`);
  if (!/^(app|main|renderer|e2e|tools)\/.*\.(ts|tsx|mjs)$/.test(file)) continue;
  const text = readFileSync(join(root, file), 'utf8');
  const lines = text.split('\n').length;
  if (lines > 600 && !large.has(file))
    problems.push(
      `${file}: ${lines} lines: one file, one concept: split it, or list it in tools/check-repository.mjs with a reason`,
    );
  const unfinished = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')}|not implemented)\\b`);
  if (/^(app|main|renderer)\//.test(file) && unfinished.test(text))
    problems.push(`${file}: unfinished business: finish it or remove it`);
  if (/\.test\.tsx?$|\.e2e\.ts$/.test(file) && /\b(it|test|describe)\.(only|todo|fixme)\b/.test(text))
    problems.push(`${file}: a focused or empty test: remove the marker`);
}
if (/"resolved": "https?:\/\//.test(readFileSync(join(root, 'package-lock.json'), 'utf8')))
  problems.push(
    'package-lock.json names a registry host: npm config set omit-lockfile-registry-resolved true, then npm install',
  );
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${files.length} files looked at`);
