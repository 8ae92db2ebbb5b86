/** A recording of what a real kernel decides about peer-to-peer, as one case: every pair is asked. */
import { decidePeer } from '../engine/fabric/p2pdma.ts';
import { treeOfRecording } from '../engine/fabric/p2pdma-recording.ts';
import type { CaseResult } from './case.ts';

export function runPeerCase(id: string, json: unknown): CaseResult {
  const { tree, pairs } = treeOfRecording(json);
  const of = pairs.length;
  for (const [at, { provider, client, mapType, distance }] of pairs.entries()) {
    const a = tree.node(provider);
    const b = tree.node(client);
    const said = a === null || b === null ? null : decidePeer(tree, a, b);
    if (said === null || said.mapType !== mapType || said.distance !== distance) {
      const actual = said === null ? null : { mapType: said.mapType, distance: said.distance };
      return {
        id,
        ok: false,
        matched: at,
        of,
        first: { at, expected: { provider, client, mapType, distance }, actual },
      };
    }
  }
  return { id, ok: true, matched: of, of };
}
