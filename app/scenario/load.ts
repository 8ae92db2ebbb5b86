import type { Problem, Result } from '../base/result.ts';
import { loadYaml, type LoadedYaml } from '../yaml/load.ts';
import { scenarioSchema, type Scenario } from './schema.ts';

/** A scenario file that passed its schema, with the line of each of its parts. */
export type LoadedScenario = LoadedYaml<Scenario>;

export const loadScenario = (file: string, text: string): Result<LoadedScenario, readonly Problem[]> =>
  loadYaml(file, text, scenarioSchema);
