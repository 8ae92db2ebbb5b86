import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { inspectorTabs, viewNames } from '../stores/layout.ts';
import { parseSelection, printSelection } from '../stores/selection.ts';
import { parseLink, printLink, type Link } from './deep-link.ts';

describe('a link', () => {
  it('names scenario, step, event, selection and view; steps count from 0', () => {
    expect(parseLink('?scenario=sc-18&step=4&event=2&select=gpu0&view=why')).toEqual({
      scenario: 'sc-18',
      others: [],
      cursor: { step: 4, event: 2 },
      select: 'gpu0',
      view: 'why',
    });
  });

  it('without a step is the beginning', () => {
    expect(parseLink('?scenario=sc-01').cursor).toEqual({ step: -1, event: null });
  });

  it('leaves out what it does not understand', () => {
    expect(parseLink('?scenario=&step=-1&event=x&view=nothing&other=1')).toEqual({
      scenario: null,
      others: [],
      cursor: { step: -1, event: null },
      select: null,
      view: null,
    });
  });

  it('survives being printed and read', () => {
    const links: fc.Arbitrary<Link> = fc.record({
      scenario: fc.string({ minLength: 1 }),
      others: fc.array(fc.string({ minLength: 1 }), { maxLength: 4 }),
      cursor: fc.record({ step: fc.nat(99), event: fc.option(fc.nat(99)) }),
      select: fc.option(fc.string({ minLength: 1 })),
      view: fc.option(fc.constantFrom(...viewNames, ...inspectorTabs, 'present' as const)),
    });
    fc.assert(
      fc.property(links, (link) => {
        expect(parseLink(printLink(link))).toEqual(link);
      }),
    );
  });

  it('leaves the keys of others alone', () => {
    expect(
      printLink(
        { scenario: null, others: [], cursor: { step: -1, event: null }, select: null, view: null },
        '?step=3&theirs=1',
      ),
    ).toBe('theirs=1');
  });
});

describe('a selection in a link', () => {
  it('survives being printed and read', () => {
    for (const text of ['gpu0', 'package:0', 'event:0:2', 'page:84:A:heap', 'mapping:84:1:A:heap'])
      expect(printSelection(parseSelection(text))).toBe(text);
    expect(parseSelection('page:84:A:heap')).toEqual({ kind: 'page', page: 84, table: 'A:heap' });
    expect(parseSelection('event:x:1')).toEqual({ kind: 'node', id: 'event:x:1' });
  });
});
