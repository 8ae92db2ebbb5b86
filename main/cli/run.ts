import type { Command } from 'commander';
import type { ScenarioRun } from '../../app/scenario/run.ts';
import { badInput, exitCode, print, printJson } from './exit.ts';

function* lines(source: string, run: ScenarioRun): Generator<string> {
  const { value } = run.scenario;
  yield `${value.id}: ${value.title}`;
  for (const [index, step] of run.steps.entries()) {
    const events = step.transactions.reduce((sum, t) => sum + t.events.length, 0);
    const failed = step.checks.filter((check) => !check.ok);
    yield `${failed.length === 0 ? '  ok  ' : '  FAIL'} ${index}  ${value.steps[index]?.title ?? ''}  (${events} events, ${step.checks.length} checks)`;
    for (const check of failed) yield `       ${source}:${check.line}: expected ${check.expected}, but ${check.actual}`;
  }
  const checks = run.steps.flatMap((step) => step.checks);
  yield `${checks.filter((check) => check.ok).length} expectations hold, ${checks.filter((check) => !check.ok).length} do not`;
}

export function runCommand(program: Command): void {
  program
    .command('run')
    .description('runs a scenario file or a built-in one and checks what it expects')
    .argument('<scenario>', 'a file, or the id of a built-in scenario')
    .option('--until <step>', 'stop after this step (counted from 0)')
    .option('--json', 'steps, operations, events and expectations as JSON')
    .action(async (source: string, options: { until?: string; json?: boolean }) => {
      if (options.until !== undefined && !/^\d{1,6}$/.test(options.until))
        throw badInput(source, `--until takes the number of a step, not "${options.until}"`);
      const { scenarioSource } = await import('./scenario-source.ts');
      const { runJson, runScenario } = await import('../../app/scenario/run.ts');
      const { scenario, machine } = await scenarioSource(source);
      const run = runScenario(
        scenario,
        machine,
        options.until === undefined ? Number.POSITIVE_INFINITY : Number(options.until),
      );
      await (options.json === true ? printJson(runJson(run)) : print([...lines(source, run)].join('\n')));
      if (run.steps.some((step) => step.checks.some((check) => !check.ok))) process.exitCode = exitCode.assertedFalse;
    });
}
