/** Rules about files that no compiler knows. Each message says what to do instead. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMain } from './is-main.mjs';

/** A file says one thing; beyond these lengths it is asked whether it says two. */
const long = 400;
const tooLong = 600;

/** Longer on purpose: one algorithm or one table. Path and reason. */
const exempt = new Map([
  ['app/engine/event-kinds.ts', 'one table: every kind of event, with its fields and what it stands for'],
]);

// Written in pieces, so that this file does not find itself.
const unfinished = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'not ' + 'implemented'].join('|')})\\b`);

/** What is wrong with one file, and what is only worth a look. */
export function checkFile(file, text) {
  const problems = [];
  const remarks = [];
  if (/^app\/(.*\/)?package\.json$/.test(file))
    problems.push(`${file}: packaging would take app/ for the application: remove it`);
  if (file === 'package-lock.json' && /"resolved": "https?:/.test(text))
    problems.push(`${file} names a registry's host: run npm install with the project's .npmrc`);
  if (!/^(app|main|renderer|e2e|tools)\/.*\.(ts|tsx|mjs|css)$/.test(file)) return { problems, remarks };

  const lines = text.split('\n').length - 1;
  if (lines > tooLong && !exempt.has(file))
    problems.push(`${file}: ${lines} lines: split it, or list it in tools/check-repository.mjs with a reason`);
  else if (lines > long) remarks.push(`${file}: ${lines} lines`);
  const found = unfinished.exec(text);
  if (found !== null) problems.push(`${file}: unfinished business (${found[0]}): finish it or remove it`);
  if (/\.(test|e2e)\.tsx?$/.test(file) && /\b(it|test|describe)\.(only|todo|fixme|skip)\b/.test(text))
    problems.push(
      `${file}: a test that is focused, skipped or empty: remove the marker (skipIf may ask for a condition)`,
    );
  return { problems, remarks };
}

/** Files of the repository, those not yet committed too. */
function filesOf(root) {
  // The checkout may belong to somebody else than who runs the tests, as in a container.
  const ask = ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard'];
  const list = execFileSync('git', ask, { cwd: root, encoding: 'utf8' });
  return list.split('\n').filter((name) => name !== '' && existsSync(join(root, name)));
}

if (isMain(import.meta.url)) {
  const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
  const files = filesOf(root);
  const found = files.map((file) => checkFile(file, readFileSync(join(root, file), 'utf8')));
  for (const remark of found.flatMap(({ remarks }) => remarks)) console.log(`worth a look: ${remark}`);
  const problems = found.flatMap(({ problems }) => problems);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`${files.length} files looked at`);
}
