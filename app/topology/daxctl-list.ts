import type { Json, JsonObject } from '../base/json.ts';
import type { Problem, Result } from '../base/result.ts';
import { err, ok } from '../base/result.ts';
import type { DeviceMemory, Topology } from '../model/topology.ts';
import { atLine, TopologyDraft } from './draft.ts';
import type { TopologyInput } from './formats.ts';
import { bytesIn, isObject, loadJson, textIn } from './json.ts';
import type { LoadedJson } from './json.ts';
import { firstLines } from './text-lines.ts';

export const isDaxctlList = ({ bytes }: TopologyInput): boolean => {
  const text = firstLines(bytes).join('\n').trimStart();
  return /^[[{]/.test(text) && /"(chardev|daxregion)"\s*:/.test(text);
};

/** `daxctl list`: devices, flat or inside the regions they are cut from. */
export function readDaxctlList({ name, bytes }: TopologyInput): Result<Topology, readonly Problem[]> {
  const loaded = loadJson(name, bytes);
  if (!loaded.ok) return loaded;
  const draft = new TopologyDraft(name, 'daxctl-list');
  draft.addMachine();
  const top = Array.isArray(loaded.value.value) ? (loaded.value.value as readonly Json[]) : [loaded.value.value];
  let found = 0;
  for (const item of top.filter(isObject)) {
    const inside = item['devices'];
    const devices = Array.isArray(inside) ? (inside as readonly Json[]).filter(isObject) : [item];
    const path = textIn(item, 'path') ?? '';
    for (const device of devices) if (addDevice(draft, loaded.value, device, path)) found += 1;
  }
  if (found === 0)
    return err([
      { file: name, line: 1, column: 1, message: 'no DAX device in it: give the output of "daxctl list -RD"' },
    ]);
  return ok(draft.finish());
}

/** What is behind a device, by its place in the device tree; null where that does not tell. */
function kindOf(path: string): DeviceMemory['memoryKind'] {
  if (/ndbus|nfit|pmem/i.test(path)) return 'pmem';
  return /\/(root|decoder|region|port)\d|cxl/i.test(path) && !path.includes('hmem') ? 'cxl' : 'unknown';
}

function addDevice(draft: TopologyDraft, json: LoadedJson, device: JsonObject, path: string): boolean {
  const name = textIn(device, 'chardev');
  if (name === null) return false;
  const from = atLine(json.lineOf('chardev', name));
  const facts = Object.fromEntries(
    ['mode', 'target_node', 'align', 'online_memblocks', 'total_memblocks', 'movable'].flatMap((key) =>
      device[key] === undefined || typeof device[key] === 'object' ? [] : [[key, String(device[key])]],
    ),
  );
  const id = draft.add({
    kind: 'osDevice',
    id: `os:${name}`,
    parent: 'machine',
    name,
    facts: path === '' ? facts : { ...facts, path },
    from,
    classes: ['memory', 'dax'],
    subtype: null,
  });
  const bytes = bytesIn(device, 'size');
  const isSystem = textIn(device, 'mode') === 'system-ram';
  if (bytes !== null)
    draft.add({
      kind: 'deviceMemory',
      id: `dax:${name}`,
      parent: id,
      name: null,
      facts: {},
      from,
      memoryKind: kindOf(path),
      bytes,
      registration: isSystem ? 'system' : 'generic',
    });
  return true;
}
