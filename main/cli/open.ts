import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { launchDesktop } from '../desktop.ts';
import { badInput, say } from './exit.ts';

/** What to open, as the query of a link: a deep link, a file, the id of something built in, several of these, or nothing. */
function linkQuery(what: readonly string[]): string {
  const [first, ...others] = what.map((one) => (existsSync(one) ? resolve(one) : one));
  if (first === undefined) return '';
  if (others.length === 0 && first.startsWith('memscape://open'))
    return first.slice('memscape://open'.length).replace(/^\/?\?/, '');
  return [`scenario=${encodeURIComponent(first)}`, ...others.map((one) => `with=${encodeURIComponent(one)}`)].join('&');
}

export function openCommand(program: Command): void {
  program
    .command('open')
    .description('the app, on a scenario, a machine, several descriptions of one machine, or a link')
    .argument('[what...]', 'files, a built-in id, this-machine, or memscape://open?...')
    .action(async (what: readonly string[]) => {
      for (const one of what)
        if (one.includes('/') && !one.startsWith('memscape:') && !existsSync(one))
          throw badInput(one, 'there is no such file: check the path');
      const query = linkQuery(what);
      const started = launchDesktop(query === '' ? [] : [`memscape://open?${query}`]);
      if (started.ok) return;
      say(`${started.error}: serving the app to a browser instead`);
      const { serveUntilStopped } = await import('./serve.ts');
      await serveUntilStopped({ open: true, files: what.filter((one) => existsSync(one)) }, query);
    });
}
