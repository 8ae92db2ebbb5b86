import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useLayout, type InspectorTab } from '../stores/layout.ts';
import { select, useSelection, type Selection } from '../stores/selection.ts';
import { followSelection } from './follow-selection.ts';

const page: Selection = { kind: 'page', table: 'A', page: 1 };
const event: Selection = { kind: 'event', step: 0, event: 0 };
const node: Selection = { kind: 'node', id: 'gpu0' };
let end = (): void => {};

/** The tab that shows after selecting, from a tab that showed before. */
function tabAfter(from: InspectorTab, selection: Selection): InspectorTab {
  useSelection.setState({ selected: null });
  useLayout.setState({ tab: from });
  select(selection);
  return useLayout.getState().tab;
}

describe('a selection', () => {
  beforeEach(() => {
    useLayout.setState(useLayout.getInitialState(), true);
    end = followSelection();
  });
  afterEach(() => end());

  it('is answered by the tab that fits it', () => {
    expect([tabAfter('events', node), tabAfter('object', event), tabAfter('object', page)]).toEqual([
      'object',
      'why',
      'tables',
    ]);
  });

  it('leaves a tab that answers it already', () => {
    expect([tabAfter('events', event), tabAfter('why', page), tabAfter('why', event)]).toEqual([
      'events',
      'why',
      'why',
    ]);
  });

  it('opens the drawer of a narrow window', () => {
    useLayout.setState({ narrow: true, drawer: false });
    expect(tabAfter('tables', page)).toBe('tables');
    expect(useLayout.getState().drawer).toBe(true);
  });

  it('does not open a panel that a person has hidden', () => {
    useLayout.setState({ panels: { ...useLayout.getState().panels, inspector: false } });
    expect(tabAfter('tables', node)).toBe('tables');
    expect(useLayout.getState().panels.inspector).toBe(false);
  });

  it('does not open a drawer over a table that one moves in, or over the field that one types into', () => {
    for (const state of [{ view: 'parts' as const }, { finding: true }]) {
      useLayout.setState({ ...useLayout.getInitialState(), narrow: true, ...state }, true);
      tabAfter('object', node);
      expect(useLayout.getState().drawer).toBe(false);
    }
    useLayout.setState({ ...useLayout.getInitialState(), narrow: true }, true);
    tabAfter('object', node);
    expect(useLayout.getState().drawer).toBe(true);
  });
});
