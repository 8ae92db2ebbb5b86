import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { printProblem } from '../../app/base/result.ts';
import type { ThemeName } from '../../app/draw/state-style.ts';
import type { SingleSource } from '../../app/contract/requests.ts';
import { BadInput, badInput, print, say } from './exit.ts';

const isTheme = (name: string): name is ThemeName => name === 'light' || name === 'dark';

async function sourceOf(source: string, ids: readonly string[]): Promise<SingleSource> {
  if (source === 'this-machine') return { kind: 'this-machine' };
  if (source !== '-' && !existsSync(source) && ids.includes(source)) return { kind: 'builtin', id: source };
  if (statSync(source, { throwIfNoEntry: false })?.isDirectory() === true)
    return { kind: 'path', path: resolve(source) };
  const { readInput } = await import('./input.ts');
  return { kind: 'bytes', name: source === '-' ? '-' : basename(source), bytes: await readInput(source) };
}

export function renderCommand(program: Command): void {
  program
    .command('render')
    .description('draws a machine, or a scenario at a step, as SVG')
    .argument('<sources...>', 'a file, folder, -, built-in id, or this-machine; several are one machine')
    .option('--step <n>', 'of a scenario, counted from 0; without it, the end')
    .option('--theme <name>', 'light or dark', 'light')
    .option('-o, --output <file>', 'write here instead of standard output')
    .action(async (sources: readonly string[], options: { step?: string; theme: string; output?: string }) => {
      const [source = '-'] = sources;
      if (!isTheme(options.theme)) throw badInput(source, `--theme is light or dark, not "${options.theme}"`);
      const { nodeLibrary } = await import('../node-library.ts');
      const { Session } = await import('../../app/session/session.ts');
      const { pictureSvg } = await import('../../app/session/picture-svg.ts');
      const library = nodeLibrary({
        mayRead: () => true,
        folder: source === '-' || !existsSync(source) ? process.cwd() : dirname(resolve(source)),
      });
      const session = new Session(library);
      const ids = [...(await library.ids('scenario')), ...(await library.ids('topology'))];
      const parts: SingleSource[] = [];
      for (const one of sources) parts.push(await sourceOf(one, ids));
      const [only] = parts;
      const opened = await session.open(
        only !== undefined && parts.length === 1 ? only : { kind: 'several', parts, added: false },
      );
      if (!opened.ok) throw new BadInput(opened.error);
      const { steps, warnings } = opened.value;
      if (options.step !== undefined && !/^\d{1,6}$/.test(options.step))
        throw badInput(source, `--step takes the number of a step, not "${options.step}"`);
      const step = options.step === undefined ? steps.length - 1 : Number(options.step);
      if (options.step !== undefined && step >= steps.length)
        throw badInput(
          source,
          steps.length === 0
            ? 'a machine has no steps: leave --step away'
            : `there is no step ${step}: the last one is ${steps.length - 1}`,
        );
      for (const warning of warnings) say(printProblem(warning));
      const svg = pictureSvg(session, { step, event: null }, options.theme);
      return options.output === undefined ? print(svg) : writeFile(options.output, svg);
    });
}
