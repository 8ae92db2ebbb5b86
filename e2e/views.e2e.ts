import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violations } from './axe.ts';
import { startWeb, type WebApp } from './web-app.ts';

const iomem =
  '00001000-0009ffff : System RAM\n00100000-7fffffff : System RAM\n80000000-8fffffff : PCI Bus 0000:00\n  80000000-80003fff : 0000:00:02.0\n100000000-4ffffffff : System RAM\n';

async function drop(page: Page, name: string, text: string): Promise<void> {
  await page.evaluate(
    ([file, content]) => {
      const data = new DataTransfer();
      data.items.add(new File([content], file));
      for (const type of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
    },
    [name, text] as const,
  );
}

describe('the views of a machine', () => {
  let app: WebApp;
  let page: Page;

  beforeAll(async () => {
    app = await startWeb();
    page = await app.open('scenario=dual-socket&view=parts', { width: 1280, height: 720 });
    await page.locator('.parts-rows [role=row]').first().waitFor();
  });
  afterAll(() => app.close());

  it('open by link and by key, and the address says which one is open', async () => {
    for (const [key, panel, name] of [
      ['6', '.address-bar', 'addresses'],
      ['7', '.matrix', 'matrices'],
      ['8', '.parts-grid', 'parts'],
      ['9', '.queries', 'queries'],
    ] as const) {
      await page.keyboard.press(key);
      await page.locator(panel).waitFor();
      await page.waitForFunction((view) => location.search.includes(`view=${view}`), name);
    }
  });

  it('answer a route with the keyboard alone, and draw it', async () => {
    await page.getByRole('tab', { name: 'Find a device' }).focus();
    await page.keyboard.press('ArrowRight');
    const from = page.getByRole('combobox', { name: 'From' });
    await from.focus();
    await page.keyboard.type('gpu');
    await page.getByRole('option', { name: 'gpu0 GPU' }).waitFor();
    await page.keyboard.press('Enter');
    for (const key of ['Tab', 'Tab']) await page.keyboard.press(key);
    await page.keyboard.type('nic0');
    await page.keyboard.press('Enter');
    await page
      .getByRole('row', { name: /Peer DMA/ })
      .getByText('470 ns')
      .waitFor();
    await page.locator('.query-graph .path-way .path-narrow').waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Nearest and widest' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.query-shown').getByText('gpu0 to nic0, peer DMA').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.query-graph').waitFor({ state: 'detached' });
    await page.keyboard.press('8');
    await page.locator('.parts-grid').waitFor();
  });

  it('order the table by its columns', async () => {
    await page.getByRole('columnheader', { name: 'Size' }).getByRole('button').click();
    await page.getByRole('columnheader', { name: 'Size' }).getByRole('button').click();
    await page.locator('.parts-rows [role=row]').first().getByText('256 GiB').waitFor();
  });

  it('find a part while one types, and reveal it in the table', async () => {
    await page.keyboard.press('f');
    await page.locator('#find-part:focus').waitFor();
    await page.keyboard.type('18:00.0');
    await page.locator('.parts-rows [aria-selected=true]').getByText('gpu0').waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
  });

  it('go into a range of addresses with the keyboard alone', async () => {
    await drop(page, 'iomem.txt', iomem);
    await page.keyboard.press('6');
    const bar = page.locator('.address-bar');
    await bar.waitFor();
    await bar.focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight'])
      await page.keyboard.press(key);
    await page.locator('.address-bar [aria-selected=true]').getByText('PCI Bus').waitFor();
    const before = await page.locator('.address-bar [aria-selected=true]').boundingBox();
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      (width) => (document.querySelector('.address-bar [aria-selected=true]')?.clientWidth ?? 0) > width * 2,
      before?.width ?? 0,
    );
  });

  it('compare the machine with another one', async () => {
    await page.keyboard.press('m');
    await page.locator('.compare-list button').first().click();
    await page.locator('.compare-strip').getByText('Compared with').waitFor();
    await page.getByRole('button', { name: 'End the comparison' }).click();
    expect(await page.locator('.compare-strip').count()).toBe(0);
  });

  it('break no rule of accessibility, in both themes', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const other = await app.open('scenario=dual-socket&view=parts', { width: 1440, height: 900 }, scheme);
      await other.locator('.parts-rows [role=row]').first().waitFor();
      expect(await violations(other, '.centre'), `parts ${scheme}`).toEqual([]);
      await other.keyboard.press('6');
      await other.locator('.address-segment').first().waitFor();
      expect(await violations(other, '.centre'), `addresses ${scheme}`).toEqual([]);
      await other.keyboard.press('7');
      await other.locator('.matrix-cell').first().waitFor();
      expect(await violations(other, '.centre'), `matrices ${scheme}`).toEqual([]);
      await other.keyboard.press('9');
      for (const [tab, example] of [
        ['Find a device', 'compute engine'],
        ['Route', 'gpu0 to nic0'],
        ['Pipeline', 'nic →'],
      ] as const) {
        await other.getByRole('tab', { name: tab }).click();
        await other.getByRole('group', { name: 'Examples' }).getByRole('button', { name: example }).first().click();
        await other.locator('.query-choose').first().waitFor();
        expect(await violations(other, '.query-side'), `queries, ${tab} ${scheme}`).toEqual([]);
      }
      await other.close();
    }
  });
});
