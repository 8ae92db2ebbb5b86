/** What is built in, as the start screen and the command line list it. */
import { encodeText } from '../base/text.ts';
import type { Catalog } from '../contract/requests.ts';
import { loadScenario } from '../scenario/load.ts';
import { readTopology } from '../topology/read-topology.ts';
import type { Library } from './library.ts';

export async function catalogOf(library: Library): Promise<Catalog> {
  const scenarios = await Promise.all(
    (await library.ids('scenario')).map(async (id) => {
      const loaded = loadScenario(`${id}.yaml`, (await library.builtin('scenario', id)) ?? '');
      if (!loaded.ok) return [];
      const { title, line, thread, steps } = loaded.value.value;
      return [{ id, title, line, thread, steps: steps.length }];
    }),
  );
  const topologies = await Promise.all(
    (await library.ids('topology')).map(async (id) => {
      const text = (await library.builtin('topology', id)) ?? '';
      const machine = readTopology(`${id}.yaml`, encodeText(text));
      return machine.ok
        ? [{ id, title: machine.value.title ?? id, line: summary(text), thread: null, steps: null }]
        : [];
    }),
  );
  return { scenarios: scenarios.flat(), topologies: topologies.flat() };
}

/** First sentence of a machine's own description. */
function summary(text: string): string {
  const about = /^about:\s*\|?\s*\n?\s*([\s\S]{0,400})/m.exec(text)?.[1] ?? '';
  return about.replace(/\s+/g, ' ').split(/(?<=\.)\s/)[0] ?? '';
}
