import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { badInput, print, say } from './exit.ts';

/** Opens the address in the person's browser, where there is one; silence otherwise: the address is printed. */
function openBrowser(address: string): void {
  const [command, args] =
    process.platform === 'darwin'
      ? ['open', [address]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '', address]]
        : ['xdg-open', [address]];
  if (
    process.platform === 'linux' &&
    process.env['DISPLAY'] === undefined &&
    process.env['WAYLAND_DISPLAY'] === undefined
  )
    return;
  const child = spawn(command as string, args as string[], { stdio: 'ignore', detached: true });
  child.on('error', () => say('no browser could be opened: open the address yourself'));
  child.unref();
}

export interface ServeOptions {
  readonly port?: string;
  readonly host?: string;
  readonly open: boolean;
  /** Files that the window may read, wherever they are. */
  readonly files?: readonly string[];
}

/** Runs the web host until it is told to stop. `query` is the link to follow, without the question mark. */
export async function serveUntilStopped(options: ServeOptions, query: string): Promise<void> {
  const port = options.port === undefined ? 0 : Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw badInput('--port', `a port is a number from 0 to 65535, not "${options.port ?? ''}"`);
  const { serve } = await import('../web/serve.ts');
  const host = await serve({
    port,
    host: options.host ?? '127.0.0.1',
    folder: process.cwd(),
    files: options.files ?? [],
  }).catch((error: unknown) => {
    throw badInput(
      'serve',
      `the address cannot be used (${error instanceof Error ? error.message : 'unknown reason'}): choose another --port or --host`,
    );
  });
  const address = query === '' ? host.address : `${host.address}&${query}`;
  await print(address);
  if (options.open) openBrowser(address);
  await new Promise<void>((stopped) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void host.close().then(stopped));
  });
}

export function serveCommand(program: Command): void {
  program
    .command('serve')
    .description('the app for a browser; prints one line with the address')
    .option('--port <n>', 'port to listen on; any free one by default')
    .option('--host <address>', 'address to listen on; loopback by default')
    .option('--no-open', 'do not open a browser')
    .action((options: ServeOptions) => serveUntilStopped(options, ''));
}
