import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decidePeer } from './p2pdma.ts';
import { treeOfRecording } from './p2pdma-recording.ts';

const folder = new URL('../../../../shared/data/p2pdma-recordings/', import.meta.url);

describe.skipIf(!existsSync(folder))('a real kernel on emulated PCIe trees (skipped without ../shared)', () => {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  it.each(files)('%s: every pair has the map type and the distance that the kernel gave it', (name) => {
    const recording = treeOfRecording(JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
    const wrong = recording.pairs.flatMap(({ provider, client, mapType, distance }) => {
      const a = recording.tree.node(provider);
      const b = recording.tree.node(client);
      if (a === null || b === null) return [`${provider} or ${client} is not in the tree`];
      const said = decidePeer(recording.tree, a, b);
      return said.mapType === mapType && said.distance === distance
        ? []
        : [`${provider} -> ${client}: ${said.mapType} ${said.distance}, the kernel says ${mapType} ${distance}`];
    });
    expect(recording.pairs.length).toBeGreaterThan(200);
    expect(wrong).toEqual([]);
  });
});
