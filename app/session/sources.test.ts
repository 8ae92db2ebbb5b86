import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SingleSource } from '../contract/requests.ts';
import type { Library } from './library.ts';
import { Session } from './session.ts';

const asset = (path: string): string => readFileSync(new URL(`../../assets/${path}`, import.meta.url), 'utf8');

/** A host with two files in one folder: a scenario, and a machine that it names. */
const scenario = asset('scenarios/sc-18.yaml').replace(/^machine: .*$/m, 'machine: box.yaml');
const files: Readonly<Record<string, string>> = { '/home/box.yaml': asset('topologies/dual-socket.yaml') };
const library: Library = {
  builtin: async (kind, id) =>
    kind === 'topology' && id === 'dual-socket' ? asset('topologies/dual-socket.yaml') : null,
  ids: async () => ['dual-socket'],
  file: async (path) =>
    path === '/home/mine.yaml' ? { name: 'mine.yaml', bytes: new TextEncoder().encode(scenario) } : null,
  beside: async (path, name) => {
    const text = files[`${path.slice(0, path.lastIndexOf('/'))}/${name}`];
    return text === undefined ? null : { name, bytes: new TextEncoder().encode(text) };
  },
  thisMachine: async () => null,
};

const text = (name: string, content: string): SingleSource => ({ kind: 'text', name, text: content });
const listing = (nodes: number, mb: number): string =>
  `available: ${nodes} nodes (0-${nodes - 1})\n${Array.from({ length: nodes }, (_, i) => `node ${i} cpus: ${i}\nnode ${i} size: ${mb} MB\n`).join('')}`;
const hwloc =
  '<topology version="2.0"><object type="Machine" cpuset="0x1" nodeset="0x1"><object type="Package" os_index="0" cpuset="0x1" nodeset="0x1">\n<object type="NUMANode" os_index="0" cpuset="0x1" nodeset="0x1" local_memory="1073741824"/><object type="PU" os_index="0" cpuset="0x1" nodeset="0x1"/></object></object></topology>';

describe('several sources', () => {
  let session: Session;
  const open = async (parts: readonly SingleSource[], added = false) => {
    const opened = await session.open({ kind: 'several', parts, added });
    return opened.ok ? opened.value : opened.error;
  };
  const node = (id: string) => session.graph({ step: -1, event: null }).nodes.find((found) => found.id === id);
  beforeEach(() => {
    session = new Session(library);
  });

  it('of one machine open as one, which says where each part was read', async () => {
    const head = await open([text('lstopo.xml', hwloc), text('numactl.txt', listing(1, 1024))]);
    expect(head).toMatchObject({
      kind: 'topology',
      contradictions: 0,
      parts: [
        { name: 'lstopo.xml', format: 'hwloc-xml' },
        { name: 'numactl.txt', format: 'numactl' },
      ],
    });
    expect(node('numa:0')?.origins).toEqual(['lstopo.xml:2', 'numactl.txt:2']);
  });

  it('that contradict each other show both values with file and line', async () => {
    const head = await open([text('lstopo.xml', hwloc), text('numactl.txt', listing(1, 2048))]);
    expect(node('numa:0')?.facts.find((fact) => fact.claims !== undefined)).toMatchObject({
      value: '1 GiB (1073741824 bytes)',
      claims: [
        { value: '1 GiB (1073741824 bytes)', from: 'lstopo.xml:2' },
        { value: '2 GiB (2147483648 bytes)', from: 'numactl.txt:2' },
      ],
    });
    expect(head).toMatchObject({
      contradictions: 1,
      warnings: [
        { file: 'lstopo.xml', line: 2, message: expect.stringContaining('2147483648 (numactl.txt:2)') as string },
      ],
    });
  });

  it('can be added one after the other to the open machine, pasted texts too', async () => {
    await session.open({ kind: 'text', name: 'lstopo.xml', text: hwloc });
    await open([text('pasted text', listing(1, 1024))], true);
    await open([text('pasted text', '00001000-0009ffff : System RAM\n')], true);
    expect(session.current()?.parts?.map(({ name, format }) => `${name} ${format}`)).toEqual([
      'lstopo.xml hwloc-xml',
      'pasted text numactl',
      'pasted text iomem',
    ]);
    expect(session.current()?.title).toBeTruthy();
  });

  it('leave the open machine as it was where one of them is broken', async () => {
    await session.open({ kind: 'text', name: 'lstopo.xml', text: hwloc });
    expect(await open([text('half.txt', '\tGPU0\tGPU1\nGPU0\t X \n')], true)).toMatchObject([
      { file: 'half.txt', line: 2 },
    ]);
    expect(session.current()?.parts?.length).toBe(1);
  });

  it('are not added to a story', async () => {
    await session.open({ kind: 'path', path: '/home/mine.yaml' });
    expect(await open([text('numactl.txt', listing(1, 1024))], true)).toMatchObject([
      { message: expect.stringMatching(/a story is open/) as string },
    ]);
    expect(session.current()?.kind).toBe('scenario');
  });

  it('may be a scenario and the machine that it names', async () => {
    const head = await open([text('mine.yaml', scenario), text('box.yaml', files['/home/box.yaml']!)]);
    expect(head).toMatchObject({ kind: 'scenario', id: 'sc-18' });
    expect(await open([text('mine.yaml', scenario), text('other.yaml', scenario)])).toMatchObject([
      { file: 'other.yaml', message: expect.stringMatching(/two scenarios/) as string },
    ]);
  });
});

describe('a scenario that was opened from a file', () => {
  it('finds the machine that lies beside it', async () => {
    const session = new Session(library);
    expect(await session.open({ kind: 'path', path: '/home/mine.yaml' })).toMatchObject({
      ok: true,
      value: { kind: 'scenario', link: ['/home/mine.yaml'] },
    });
    expect(await session.open({ kind: 'text', name: 'mine.yaml', text: scenario })).toMatchObject({
      ok: false,
      error: [
        { line: expect.any(Number) as number, message: expect.stringMatching(/no machine "box.yaml"/) as string },
      ],
    });
  });
});
