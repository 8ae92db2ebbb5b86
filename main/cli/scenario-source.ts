/** A scenario from what the command line names: a built-in id, a file, "-". */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { decodeText } from '../../app/base/text.ts';
import type { Topology } from '../../app/model/topology.ts';
import { loadScenario, type LoadedScenario } from '../../app/scenario/load.ts';
import { findMachine } from '../../app/session/document.ts';
import { nodeLibrary } from '../node-library.ts';
import { BadInput, badInput } from './exit.ts';
import { readInput } from './input.ts';

export async function scenarioSource(
  source: string,
): Promise<{ readonly scenario: LoadedScenario; readonly machine: Topology }> {
  const isFile = source === '-' || existsSync(source);
  const library = nodeLibrary({
    mayRead: () => true,
    folder: source === '-' ? process.cwd() : dirname(resolve(source)),
  });
  // The app writes SC-12 for what is sc-12 here.
  const builtin = isFile ? null : await library.builtin('scenario', source.toLowerCase());
  if (!isFile && builtin === null) {
    throw badInput(
      source,
      `there is no such file and no built-in scenario of that name: the built-in ones are ${(await library.ids('scenario')).join(', ')}`,
    );
  }
  const text = builtin ?? decodeText(await readInput(source)).text;
  const loaded = loadScenario(builtin === null ? source : `${source}.yaml`, text);
  if (!loaded.ok) throw new BadInput(loaded.error);
  const machine = await findMachine(library, loaded.value);
  if (!machine.ok) throw new BadInput(machine.error);
  return { scenario: loaded.value, machine: machine.value };
}
