import type { Json, JsonObject } from '../base/json.ts';
import type { Problem, Result } from '../base/result.ts';
import { err, ok } from '../base/result.ts';
import type { CxlObject, Topology } from '../model/topology.ts';
import { atLine, TopologyDraft } from './draft.ts';
import type { TopologyInput } from './formats.ts';
import { bytesIn, isObject, loadJson, textIn } from './json.ts';
import type { LoadedJson } from './json.ts';
import { hostBridgeId, parseBdf, pciAddress, pciBridge, pciFunction, pciId } from './pci.ts';
import { firstLines } from './text-lines.ts';

export const isCxlList = ({ bytes }: TopologyInput): boolean => {
  const text = firstLines(bytes).join('\n').trimStart();
  return (
    /^[[{]/.test(text) &&
    /"(memdev|memdevs|bus|regions|decoder|port|endpoint|anon memdevs|ports:root\d+)"\s*:/.test(text) &&
    !/"chardev"\s*:/.test(text.slice(0, 2000))
  );
};

const maxDepth = 64;

/** `cxl list` in any verbosity: flat arrays, grouped arrays, or the tree of buses, ports, decoders and regions. */
export function readCxlList({ name, bytes }: TopologyInput): Result<Topology, readonly Problem[]> {
  const loaded = loadJson(name, bytes);
  if (!loaded.ok) return loaded;
  const reader = new CxlReader(name, loaded.value);
  reader.draft.addMachine();
  reader.visit(loaded.value.value, 'machine', 0);
  if (reader.found === 0)
    return err([
      { file: name, line: 1, column: 1, message: 'no CXL object in it: give the output of "cxl list -vvv"' },
    ]);
  return ok(reader.finish());
}

/** Lists of references to objects that stand elsewhere. */
const references: readonly string[] = ['mappings', 'targets', 'dports'];

class CxlReader {
  readonly draft: TopologyDraft;
  readonly #json: LoadedJson;
  #endpoints = 0;
  found = 0;

  constructor(name: string, json: LoadedJson) {
    this.draft = new TopologyDraft(name, 'cxl-list');
    this.#json = json;
  }

  finish(): Topology {
    this.draft.tells('cxlMemdevs');
    if (this.#endpoints > 0) this.draft.tells('links.cxl');
    return this.draft.finish();
  }

  visit(value: Json | undefined, parent: string, depth: number): void {
    if (depth > maxDepth)
      return this.draft.warn(null, `nested more than ${maxDepth} deep: what is further inside is left out`);
    if (Array.isArray(value)) {
      for (const item of value as readonly Json[]) this.visit(item, parent, depth + 1);
      return;
    }
    if (!isObject(value)) return;
    const id = this.#add(value, parent);
    for (const [key, inner] of Object.entries(value))
      if (!references.includes(key) && typeof inner === 'object') this.visit(inner, id ?? parent, depth + 1);
  }

  #add(object: JsonObject, parent: string): string | null {
    const kinds = [
      ['decoder', 'cxlDecoder'],
      ['endpoint', 'cxlPort'],
      ['port', 'cxlPort'],
      ['bus', 'cxlBus'],
      ['region', 'cxlRegion'],
    ] as const;
    for (const [key, kind] of kinds) {
      const name = textIn(object, key);
      if (name !== null) return this.#addCxl(object, key, name, kind, parent);
    }
    const memdev = textIn(object, 'memdev');
    return memdev === null ? null : this.#addMemdev(object, memdev, parent);
  }

  #addCxl(object: JsonObject, key: string, name: string, kind: CxlObject['kind'], parent: string): string {
    const number = (field: string): number | null => bytesIn(object, field);
    const line = this.#json.lineOf(key, name);
    this.found += 1;
    if (key === 'endpoint') {
      this.#endpoints += 1;
      this.#linkEndpoint(object, line);
    }
    const mappings = Array.isArray(object['mappings']) ? (object['mappings'] as readonly Json[]) : [];
    const targets = mappings
      .filter(isObject)
      .toSorted((a, b) => (bytesIn(a, 'position') ?? 0) - (bytesIn(b, 'position') ?? 0))
      .flatMap((mapping) => textIn(mapping, 'memdev') ?? []);
    const facts = Object.fromEntries(
      ['host', 'provider', 'type', 'decode_state', 'region', 'parent_dport', 'health_state'].flatMap((field) =>
        field === key || textIn(object, field) === null ? [] : [[field, textIn(object, field) ?? '']],
      ),
    );
    return this.draft.add({
      kind,
      id: `cxl:${name}`,
      parent,
      name,
      facts,
      from: atLine(line),
      start: number('resource'),
      bytes: number('size'),
      interleaveWays: number('interleave_ways'),
      interleaveGranularity: number('interleave_granularity'),
      targets: targets.map((target) => `os:${target}`),
      mode: textIn(object, 'mode') ?? (kind === 'cxlRegion' ? textIn(object, 'type') : null),
    });
  }

  /** The wire from the port above to the device of an endpoint. */
  #linkEndpoint(endpoint: JsonObject, line: number | null): void {
    const above = parseBdf(textIn(endpoint, 'parent_dport') ?? '');
    const memdev = endpoint['memdev'];
    const below = isObject(memdev) ? parseBdf(textIn(memdev, 'host') ?? '') : null;
    if (above === null || below === null) return;
    const { domain, bus } = pciAddress(above);
    const bridge = hostBridgeId(domain, bus);
    if (!this.draft.has(bridge)) {
      this.draft.add({
        kind: 'hostBridge',
        windows: [],
        keepsFirmwareSetup: null,
        id: bridge,
        parent: 'machine',
        name: null,
        facts: {},
        from: atLine(line),
        domain,
        rootBus: bus,
        lastBus: null,
        numaNode: null,
        firstDevice: null,
      });
    }
    if (!this.draft.has(pciId(above)))
      this.draft.add(
        pciBridge({
          bdf: above,
          parent: bridge,
          role: 'rootPort',
          from: atLine(line),
          secondaryBus: pciAddress(below).bus,
        }),
      );
    if (!this.draft.has(pciId(below)))
      this.draft.add(pciFunction({ bdf: below, parent: pciId(above), from: atLine(line), deviceKind: 'cxlMemdev' }));
    this.draft.link('cxl', pciId(above), pciId(below), { coherent: true, from: atLine(line) });
  }

  #addMemdev(object: JsonObject, name: string, parent: string): string {
    const line = this.#json.lineOf('memdev', name);
    this.found += 1;
    const bdf = parseBdf(textIn(object, 'host') ?? '');
    if (bdf !== null && !this.draft.has(pciId(bdf)))
      this.draft.add(pciFunction({ bdf, parent: 'machine', from: atLine(line), deviceKind: 'cxlMemdev' }));
    const id = `os:${name}`;
    if (this.draft.has(id)) return id;
    const node = bytesIn(object, 'numa_node');
    this.draft.add({
      kind: 'osDevice',
      id,
      parent: bdf === null ? parent : pciId(bdf),
      name,
      facts: node === null ? {} : { 'NUMA affinity': String(node) },
      from: atLine(line),
      classes: ['memory', 'cxlMemdev'],
      subtype: 'CXLMem',
    });
    for (const [field, word, memoryKind] of [
      ['ram_size', 'cxlmem', 'cxl'],
      ['pmem_size', 'cxlpmem', 'pmem'],
    ] as const) {
      const size = bytesIn(object, field);
      if (size !== null && size > 0)
        this.draft.add({
          kind: 'deviceMemory',
          id: `${word}:${name}`,
          parent: id,
          name: null,
          facts: {},
          from: atLine(line),
          memoryKind,
          bytes: size,
          registration: null,
        });
    }
    return id;
  }
}
