// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { open } from '../session/open.ts';
import { useFrame } from '../stores/frame.ts';
import { select, useSelection } from '../stores/selection.ts';
import { click, doing, freshSession, render, texts } from '../testing/render.tsx';
import { ObjectPanel } from './object-panel.tsx';

describe('the object panel', () => {
  beforeEach(async () => {
    freshSession();
    await open({ kind: 'builtin', id: 'sc-18' }, { step: 3, event: null });
  });

  it('lists the whole machine, what is inside what, where nothing is selected', async () => {
    const host = await render(<ObjectPanel />);
    const rows = [...host.querySelectorAll<HTMLElement>('.outline li')].map(
      (row) => `${Number.parseInt(row.style.paddingLeft, 10) / 14} ${row.querySelector('button span')!.textContent}`,
    );
    expect(rows).toEqual([
      '0 Process A',
      '0 Package 0',
      '1 CPU 0',
      '1 DRAM',
      '1 HBM',
      '0 PCIe domain 0000',
      '1 Host bridge',
      '1 Switch',
      '1 GPU 0',
      '2 VRAM',
      '2 BAR 1',
      '1 NIC 0',
    ]);
    await click(host.querySelectorAll('.outline button')[3]);
    expect(useSelection.getState().selected).toEqual({ kind: 'node', id: 'dram0' });
  });

  it('says unknown, not 0, where the source cannot tell, and why', async () => {
    const host = await render(<ObjectPanel />);
    await doing(() => select({ kind: 'node', id: 'cpu0' }));
    expect(texts(host, '.facts > div')).toEqual(['cores32', 'IOMMUunknownthe source does not say']);
    expect(host.querySelectorAll('.facts .unknown')).toHaveLength(1);
  });

  it('shows every value that sources give for one thing, with where each is said', async () => {
    const host = await render(<ObjectPanel />);
    await doing(() => {
      select({ kind: 'node', id: 'dram0' });
      useFrame.setState(({ nodes }) => {
        const node = nodes.get('dram0')!;
        const claims = [
          { value: '4 GiB', from: 'a.xml:3' },
          { value: '2 GiB', from: 'b.txt:7' },
        ];
        const facts = [...node.facts, { label: 'size', value: '4 GiB', claims }];
        return { nodes: new Map([...nodes, ['dram0', { ...node, facts, origins: ['a.xml:3', 'b.txt:7'] }]]) };
      });
    });
    expect(texts(host, '.contradictions .claim')).toEqual(['4 GiB a.xml:3', '2 GiB b.txt:7']);
    expect(texts(host, '.origins li')).toEqual(['a.xml:3', 'b.txt:7']);
  });

  it('names the links, and what goes on between them now', async () => {
    const host = await render(<ObjectPanel />);
    await doing(() => select({ kind: 'node', id: 'dram0' }));
    expect(texts(host, '.links li')).toEqual(['CPU 08 ch DDR5 · 307 GB/s', '27 pages → VRAMVRAM']);
  });
});
