import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { launchDesktop } from '../desktop.ts';
import { badInput, say } from './exit.ts';
import { serveUntilStopped } from './serve.ts';

/** What to open, as the query of a link: a deep link, a file, the id of something built in, or nothing. */
export function linkQuery(what: string | undefined): string {
  if (what === undefined) return '';
  if (what.startsWith('memscape://open')) return what.slice('memscape://open'.length).replace(/^\/?\?/, '');
  return `scenario=${encodeURIComponent(existsSync(what) ? resolve(what) : what)}`;
}

export function openCommand(program: Command): void {
  program
    .command('open')
    .description('the app, on a scenario, a topology or a link')
    .argument('[what]', 'a file, a built-in id, or memscape://open?...')
    .action(async (what: string | undefined) => {
      if (what !== undefined && what.includes('/') && !what.startsWith('memscape:') && !existsSync(what))
        throw badInput(what, 'there is no such file: check the path');
      const query = linkQuery(what);
      const started = launchDesktop(query === '' ? [] : [`memscape://open?${query}`]);
      if (started.ok) return;
      say(`${started.error}: serving the app to a browser instead`);
      await serveUntilStopped({ open: true }, query);
    });
}
