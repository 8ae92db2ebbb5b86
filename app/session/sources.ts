/** Several sources at once: descriptions of one machine become one, a scenario finds its machine among what came with it. */
import { ok, type Problem, type Result } from '../base/result.ts';
import { decodeText } from '../base/text.ts';
import type { SingleSource } from '../contract/requests.ts';
import type { Topology } from '../model/topology.ts';
import { combineTopologies } from '../topology/combine/combine.ts';
import { readTopology } from '../topology/read-topology.ts';
import { looksLikeScenario, machineDocument, openScenario, type OpenDocument } from './document.ts';
import type { Library } from './library.ts';
import { isTopology, loadSource, sourceProblem, type NamedBytes } from './source.ts';

/** Most sources that are combined; far more than a machine has listings. */
const maxParts = 32;

const largestScenario = 16 * 1024 * 1024;

/** Two texts that were pasted have one name: the second is told apart by a number. */
function numberNames(parts: readonly (NamedBytes | Topology)[]): readonly (NamedBytes | Topology)[] {
  const seen = new Map<string, number>();
  return parts.map((part) => {
    if (isTopology(part)) return part;
    const count = (seen.get(part.name) ?? 0) + 1;
    seen.set(part.name, count);
    return count === 1 ? part : { ...part, name: `${part.name} (${count})` };
  });
}

/** Opens all parts as one thing; `open` is the machine that they are added to, or null. */
export async function openSeveral(
  library: Library,
  parts: readonly SingleSource[],
  open: OpenDocument | null,
): Promise<Result<OpenDocument, readonly Problem[]>> {
  if (open !== null && open.story !== null)
    return sourceProblem(
      open.head.source,
      'a story is open, which has its machine: open a machine first, then add to it',
    );
  if ((open?.parts.length ?? 0) + parts.length > maxParts)
    return sourceProblem(open?.head.source ?? '', `at most ${maxParts} sources are combined`);
  const loaded: (NamedBytes | Topology)[] = [];
  for (const part of parts) {
    const one = await loadSource(library, part);
    if (!one.ok) return one;
    loaded.push(one.value);
    await library.pause?.();
  }
  const named = numberNames(loaded);
  const stories = named.flatMap((part) => {
    if (isTopology(part) || part.bytes.length > largestScenario) return [];
    const { text } = decodeText(part.bytes);
    return looksLikeScenario(text) ? [{ name: part.name, text }] : [];
  });
  const [story, second] = stories;
  if (second !== undefined) return sourceProblem(second.name, 'two scenarios came together: open one at a time');
  if (story !== undefined) {
    if (open !== null)
      return sourceProblem(story.name, 'a scenario has its own machine and is not added to one: open it alone');
    const others = named.flatMap((part) => (isTopology(part) || part.name === story.name ? [] : [part]));
    return openScenario(withFiles(library, others), story.name, story.text, story.name, null);
  }
  const machines: Topology[] = [...(open?.parts ?? [])];
  for (const part of named) {
    if (isTopology(part)) machines.push(part);
    else {
      const read = readTopology(part.name, part.bytes);
      if (!read.ok) return read;
      machines.push(read.value);
    }
    await library.pause?.();
  }
  const names = machines.flatMap((machine) => machine.sources.map(({ name }) => name));
  const whole = combineTopologies(machines);
  return ok({ ...machineDocument(whole, names.join(' + '), names.join(' + ')), parts: machines });
}

/** The library with files that came together with a scenario: it names one of them by its file name. */
function withFiles(library: Library, files: readonly NamedBytes[]): Library {
  return {
    builtin: (kind, id) => library.builtin(kind, id),
    ids: (kind) => library.ids(kind),
    file: async (path) => files.find(({ name }) => name === path.replace(/^(\.\/)+/, '')) ?? library.file(path),
    thisMachine: () => library.thisMachine(),
    ...(library.pause === undefined ? {} : { pause: () => library.pause?.() ?? Promise.resolve() }),
  };
}
