import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { printProblem } from '../../app/base/result.ts';
import type { ThemeName } from '../../app/draw/state-style.ts';
import type { OpenSource } from '../../app/contract/requests.ts';
import { pictureSvg } from '../../app/session/picture-svg.ts';
import { Session } from '../../app/session/session.ts';
import { nodeLibrary } from '../node-library.ts';
import { BadInput, badInput, print, say } from './exit.ts';
import { readInput } from './input.ts';

const isTheme = (name: string): name is ThemeName => name === 'light' || name === 'dark';

async function sourceOf(source: string, ids: readonly string[]): Promise<OpenSource> {
  if (source === 'this-machine') return { kind: 'this-machine' };
  if (source !== '-' && !existsSync(source) && ids.includes(source)) return { kind: 'builtin', id: source };
  return { kind: 'bytes', name: source === '-' ? '-' : basename(source), bytes: await readInput(source) };
}

export function renderCommand(program: Command): void {
  program
    .command('render')
    .description('draws a topology, or a scenario at a step, as SVG')
    .argument('<source>', 'a file, -, a built-in id, or this-machine')
    .option('--step <n>', 'of a scenario, counted from 0; without it, the end')
    .option('--theme <name>', 'light or dark', 'light')
    .option('-o, --output <file>', 'write here instead of standard output')
    .action(async (source: string, options: { step?: string; theme: string; output?: string }) => {
      if (!isTheme(options.theme)) throw badInput(source, `--theme is light or dark, not "${options.theme}"`);
      const library = nodeLibrary({
        mayRead: () => true,
        folder: source === '-' || !existsSync(source) ? process.cwd() : dirname(resolve(source)),
      });
      const session = new Session(library);
      const ids = [...(await library.ids('scenario')), ...(await library.ids('topology'))];
      const opened = await session.open(await sourceOf(source, ids));
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
