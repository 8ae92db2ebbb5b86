// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../commands/commands.ts';
import { goTo } from '../session/navigate.ts';
import { open } from '../session/open.ts';
import { changeWish, useQueries } from '../stores/queries.ts';
import { useLayout } from '../stores/layout.ts';
import { useSelection } from '../stores/selection.ts';
import type { FakeClient } from '../testing/fake-client.ts';
import { click, doing, freshSession, press, render, settle, texts } from '../testing/render.tsx';
import { Centre } from '../views/centre.tsx';

let client: FakeClient;
let host: HTMLElement;
beforeEach(async () => {
  client = freshSession();
  await open({ kind: 'builtin', id: 'sc-18' });
  useLayout.setState({ view: 'queries' });
  host = await render(<Centre />);
});

const button = (name: string | RegExp): HTMLElement | undefined =>
  [...host.querySelectorAll<HTMLElement>('button')].find((each) => {
    const said = each.getAttribute('aria-label') ?? `${each.title} ${each.textContent ?? ''}`;
    return typeof name === 'string' ? said.trim() === name : name.test(said);
  });
const shown = () => useQueries.getState().shown;
const asked = (name: string) => client.asked.filter((each) => each.name === name).map(({ args }) => args[0]);

/** Types into a field that is found by its label. */
async function type(label: string, text: string): Promise<HTMLInputElement> {
  const named = [...host.querySelectorAll('label')].find((each) => each.textContent?.trim() === label);
  const field = host.querySelector<HTMLInputElement>(`[id="${named?.htmlFor}"]`);
  if (field === null) throw new Error(`no field ${label}`);
  await doing(() => {
    field.focus();
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(field, text);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
  return field;
}

describe('the search for a device', () => {
  it('lists what fits, and the others by the constraint that dropped them and by how much', async () => {
    await type('Free PASIDs from', '8');
    expect(texts(host, '.query-status strong')).toEqual(['0 of 2 devices fit.']);
    expect(texts(host, '.query-group summary')).toEqual([
      'Dropped by engine: compute wanted1 device',
      'Dropped by free PASIDs: 8 free PASIDs wanted1 device',
    ]);
    expect(texts(host, '[data-dropped] tbody tr').map((row) => row.replace(/ /g, ''))).toEqual([
      'nic0NICnic—freePASIDs',
      'gpu0GPU35toofew',
    ]);
  });

  it('lets go of the constraint that alone keeps a device out', async () => {
    await type('Free PASIDs from', '8');
    await click(button('Drop “free PASIDs”: 1 more fits'));
    expect(useQueries.getState().wish.pasids).toBe('');
    expect(texts(host, '.query-status strong')).toEqual(['2 devices, no constraint yet.']);
  });

  it('says what is wrong with a number, and asks without it', async () => {
    const field = await type('Free PASIDs from', 'many');
    expect([field.getAttribute('aria-invalid'), ...texts(host, '[role=alert]')]).toEqual([
      'true',
      'a whole number from 1 on',
    ]);
    expect(asked('findDevices').every((request) => JSON.stringify(request).includes('"pasids":null'))).toBe(true);
  });

  it('shows a device that is chosen in the graph and in the inspector, and hides it again', async () => {
    await click(button(/^Show in the graph: gpu0/));
    expect(shown()).toMatchObject({ tab: 'find', key: 'gpu0', drawn: { marked: ['gpu0'] } });
    expect(useSelection.getState().selected).toEqual({ kind: 'node', id: 'gpu0' });
    expect(host.querySelectorAll('.query-graph .graph')).toHaveLength(1);
    await doing(() => runCommand('close'));
    expect([shown(), host.querySelectorAll('.query-graph').length]).toEqual([null, 0]);
  });

  it('is asked again at the step on show, and forgets a result that is none any more', async () => {
    await click(button(/^Show in the graph: gpu0/));
    const before = asked('findDevices').length;
    await doing(() => goTo({ step: 1, event: null }));
    await settle();
    expect(asked('findDevices').slice(before)).toMatchObject([{ cursor: { step: 1, event: null } }]);
    expect(shown()?.cursor).toEqual({ step: 1, event: null });
    await doing(() => changeWish({ engine: 'crypto' }));
    expect(shown()).toBe(null);
  });

  it('goes from result to result by arrows', async () => {
    const [first, second] = host.querySelectorAll<HTMLElement>('.query-choose');
    await doing(() => first?.focus());
    await press('ArrowDown', first!);
    expect(document.activeElement).toBe(second);
    await press('Home', second!);
    expect(document.activeElement).toBe(first);
  });
});

describe('a route', () => {
  beforeEach(() => doing(() => runCommand('query-route')));

  it('is told by an example, drawn at once, and listed link by link with the narrowest', async () => {
    await click(button('gpu0 to nic0'));
    expect(shown()).toMatchObject({ tab: 'route', key: 'nearest', drawn: { narrowest: 'switch-nic0' } });
    expect(texts(host, '.query-table:not([data-plain]) tbody th')).toEqual([
      'Nearest and widest no other way is better',
      'Peer DMA through the host bridge',
    ]);
    expect(texts(host, '[data-plain] tbody th')).toEqual(['switch0 switch', 'nic0 NIC']);
    expect(texts(host, '[data-narrow] th')).toEqual(['nic0 NIC']);
    expect(texts(host, '.query-peer')[0]).toContain('THRU_HOST_BRIDGE, distance 4. ACS redirect at switch0');
  });

  it('of peer DMA shows its own links when it is chosen', async () => {
    await click(button('gpu0 to nic0'));
    await click(button(/peer DMA: 470 ns/));
    expect(texts(host, '[data-plain] tbody tr')).toHaveLength(4);
  });

  it('takes names as one types: arrows choose, Enter takes, Escape goes back', async () => {
    const field = await type('From', 'd');
    expect(texts(host, '[role=option]')).toEqual(['dram0DRAM']);
    await press('Enter', field);
    expect(useQueries.getState().from).toBe('dram0');
    await type('From', 'gp');
    await press('Escape', field);
    expect([field.value, useQueries.getState().from]).toEqual(['dram0', 'dram0']);
  });

  it('to a name that is not there says so', async () => {
    await doing(() => useQueries.setState({ from: 'gpu0', to: 'gpu9' }));
    expect(texts(host, '.query-problem')).toEqual(['There is no gpu9 in this machine.']);
    expect(shown()).toBe(null);
  });
});

describe('a pipeline', () => {
  beforeEach(() => doing(() => runCommand('query-pipeline')));

  it('begins with an example and shows its best plan, with what it costs', async () => {
    await click(button('nic → compute'));
    expect(shown()).toMatchObject({ tab: 'pipeline', key: '0' });
    const rows = texts(host, '.query-table:not([data-plain]) tbody tr');
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain('nic0→ [dram0] →gpu0');
    expect(texts(host, '[data-plain] tbody th')).toEqual(['nic0 writes dram0', 'gpu0 reads dram0']);
    expect(asked('planPipeline')).toMatchObject([{ bytes: 2 ** 20, stages: [{ engine: 'nic', on: null }, {}] }]);
  });

  it('moves and removes stages, and names the one that nothing can do', async () => {
    await click(button('nic → compute'));
    await click(button('Move stage 2 up'));
    expect(useQueries.getState().stages.map(({ engine }) => engine)).toEqual(['compute', 'nic']);
    await click(button('Remove stage 1'));
    await click(button('Remove stage 1'));
    expect(useQueries.getState().stages).toEqual([]);
    await doing(() => useQueries.setState({ stages: [{ id: 1, engine: 'cpu', on: '' }] }));
    expect(texts(host, '.query-problem')).toEqual(['Stage 1 (CPU): this machine is told to have no CPU.']);
  });
});

describe('queries', () => {
  it('are forgotten with the document', async () => {
    await type('Free PASIDs from', '8');
    await doing(() => open({ kind: 'builtin', id: 'sc-18' }));
    expect(useQueries.getState().wish.pasids).toBe('');
  });

  it('keep what was typed while another view is open', async () => {
    await type('Free PASIDs from', '8');
    await doing(() => runCommand('view-parts'));
    await doing(() => runCommand('view-queries'));
    expect(texts(host, '.query-status strong')).toEqual(['0 of 2 devices fit.']);
  });
});
