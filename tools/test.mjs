/**
 * npm test: installs what is missing, then every check there is. Ends with one line: N passed, M failed, K skipped.
 * A check without counts of its own (types, lint, boundaries) counts as one.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkNode, ensureBrowser, installPackages, root, run } from './setup.mjs';

checkNode();
installPackages();
process.env['TZ'] = 'UTC';
process.env['LC_ALL'] = 'C';
process.env['FORCE_COLOR'] = '0';
const quick = process.argv.includes('--quick');
const browser = quick ? null : ensureBrowser();
if (browser !== null) process.env['CHROME_PATH'] = browser;

const totals = { passed: 0, failed: 0, skipped: 0 };

function stage(name, action) {
  console.log(`\n== ${name}`);
  const started = Date.now();
  const { passed = 0, failed = 0, skipped = 0 } = action();
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
  console.log(
    `-- ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped (${((Date.now() - started) / 1000).toFixed(1)} s)`,
  );
}

const command = (name, file, args) => stage(name, () => (run(file, args).status === 0 ? { passed: 1 } : { failed: 1 }));
const node = (name, ...args) => command(name, process.execPath, args);

/** A vitest run, counted from its report; a run that dies without one counts as a failure. */
function vitest(name, ...args) {
  stage(name, () => {
    const folder = join(root, 'out/reports');
    const report = join(folder, `${name.replace(/\W+/g, '-')}.json`);
    mkdirSync(folder, { recursive: true });
    rmSync(report, { force: true });
    const { status } = run(process.execPath, [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ]);
    if (!existsSync(report)) return { failed: 1 };
    const {
      numPassedTests,
      numFailedTests,
      numPendingTests,
      numTodoTests = 0,
      success,
    } = JSON.parse(readFileSync(report, 'utf8'));
    const failed = numFailedTests + ((status !== 0 || !success) && numFailedTests === 0 ? 1 : 0);
    return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
  });
}

/** The engine against the kernel's own self-tests, as the command line runs them. */
function conformance() {
  const { stdout } = run(process.execPath, ['bin/memscape.mjs', 'conform', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  try {
    const { passed, failed, skipped, cases } = JSON.parse(String(stdout));
    for (const { ok, ...one } of cases) if (!ok) console.log(JSON.stringify(one));
    return { passed, failed, skipped };
  } catch {
    console.log('memscape conform printed no report');
    return { failed: 1 };
  }
}

const tsc = join(root, 'node_modules/typescript/bin/tsc');
for (const project of ['app', 'main', 'renderer']) node(`types: ${project}`, tsc, '-p', `${project}/tsconfig.json`);
node('types: tests and tools', tsc, '-p', 'tsconfig.test.json');
node('lint', join(root, 'node_modules/eslint/bin/eslint.js'), '.');
node('format', join(root, 'node_modules/prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.');
node('boundaries', 'tools/check-imports.mjs');
node('repository', 'tools/check-repository.mjs');
node('glossary', 'tools/glossary.mjs', '--check');
node('licences', 'tools/notices.mjs', '--check');
if (!quick) node('build', 'tools/build.mjs');
vitest('unit tests');
if (!quick) {
  stage('conformance', conformance);
  if (browser === null)
    stage(
      'end to end',
      () => (console.log('no Chromium could be found or installed: set CHROME_PATH to one'), { failed: 1 }),
    );
  else vitest('end to end', '--config', 'e2e/vitest.config.ts');
}

console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed === 0 ? 0 : 1);
