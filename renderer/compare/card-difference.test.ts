import { describe, expect, it } from 'vitest';
import type { MarkedNode } from '../../app/contract/machine-views.ts';
import { cardDifference } from './card-difference.ts';

const marks = (...nodes: readonly MarkedNode[]) => new Map(nodes.map((mark) => [mark.node, mark]));

describe('the card of a part that differs from the other machine', () => {
  it('says added or changed with a sign and a word', () => {
    const found = marks({ node: 'a', difference: 'added' }, { node: 'b', difference: 'changed' });
    expect(cardDifference(found, 'a', [], [])).toEqual({ difference: 'added', text: '+ added' });
    expect(cardDifference(found, 'b', [], [])).toEqual({ difference: 'changed', text: '~ changed' });
    expect(cardDifference(found, 'c', [], [])).toBeNull();
  });

  it('names what is gone from it, and says so beside what else changed', () => {
    const found = marks(
      { node: 'switch', difference: 'removed', gone: ['nic1'] },
      { node: 'bridge', difference: 'changed', gone: ['gpu0', 'gpu1', 'gpu2'] },
    );
    expect(cardDifference(found, 'switch', [], [])).toEqual({ difference: 'removed', text: '− removed: nic1' });
    expect(cardDifference(found, 'bridge', [], [])?.text).toBe('− removed: gpu0, gpu1 and 1 more · ~ changed');
  });

  it('is changed where memory or a BAR that is drawn in it differs', () => {
    const found = marks({ node: 'gpu0/bar1', difference: 'changed' });
    expect(cardDifference(found, 'gpu0', ['gpu0/bar1'], [])?.text).toBe('~ changed');
  });

  it('counts what differs among the parts that it stands for', () => {
    const found = marks(
      { node: 'gpu1', difference: 'added' },
      { node: 'gpu2', difference: 'added' },
      { node: 'switch', difference: 'removed', gone: ['nic1'] },
    );
    expect(cardDifference(found, 'bridge', [], ['bridge', 'switch', 'gpu1', 'gpu2'])).toEqual({
      difference: 'changed',
      text: '+2 −1',
    });
  });
});
