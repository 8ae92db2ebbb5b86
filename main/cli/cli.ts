/** The command line: one file a command; needs no window, no browser and no Electron. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { root } from '../assets.ts';
import { BadInput, exitCode, say } from './exit.ts';
import { captureCommand } from './capture.ts';
import { conformCommand } from './conform.ts';
import { diffCommand } from './diff.ts';
import { findCommand, pipelineCommand, routeCommand } from './find.ts';
import { importCommand } from './import.ts';
import { inspectCommand } from './inspect.ts';
import { listCommand } from './list.ts';
import { openCommand } from './open.ts';
import { renderCommand } from './render.ts';
import { runCommand } from './run.ts';
import { schemaCommand } from './schema.ts';
import { serveCommand } from './serve.ts';

// Who reads us may have seen enough (`| head`): that is the end, and no fault.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };

const program = new Command('memscape')
  .description('how memory is laid out and who may touch it')
  .version(version)
  .exitOverride();
for (const add of [
  openCommand,
  serveCommand,
  inspectCommand,
  findCommand,
  routeCommand,
  pipelineCommand,
  listCommand,
  runCommand,
  renderCommand,
  conformCommand,
  diffCommand,
  importCommand,
  captureCommand,
  schemaCommand,
])
  add(program);
for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCode.done : exitCode.badInput;
  else if (error instanceof BadInput) {
    say(error.message);
    process.exitCode = exitCode.badInput;
  } else {
    say(`a fault of ours: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exitCode = exitCode.ourFault;
  }
}
