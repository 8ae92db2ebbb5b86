import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violations } from './axe.ts';
import { root } from './root.ts';
import { startWeb, type WebApp } from './web-app.ts';

describe('the picture of a machine', () => {
  let app: WebApp;
  let page: Page;

  beforeAll(async () => {
    app = await startWeb();
    page = await app.open('scenario=dual-socket');
    await page.locator('.graph .card').first().waitFor();
  });
  afterAll(() => app.close());

  const cards = (): Promise<number> => page.locator('.graph .card').count();

  it('closes a switch over its devices, says what it holds, and opens it again', async () => {
    const before = await cards();
    await page.getByRole('button', { name: 'Close Switch' }).click();
    await page.locator('.graph').getByText('GPU · NIC').waitFor();
    expect(await cards()).toBe(before - 2);
    await page.getByRole('button', { name: 'Open Switch' }).click();
    await page.locator('.graph .card[data-subkind=gpu]').waitFor();
    expect(await cards()).toBe(before);
  });

  it('does the same for the selected part by a key', async () => {
    const before = await cards();
    await page.locator('.graph .card[data-kind=switch] > .card-choose').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('e');
    await page.locator('.graph').getByText('GPU · NIC').waitFor();
    await page.keyboard.press('Shift+E');
    await page.locator('.graph .card[data-subkind=gpu]').waitFor();
    expect(await cards()).toBe(before);
  });

  it('shows the way between two parts with its class, its reason and its narrowest hop', async () => {
    const card = (subkind: string) => page.locator(`.graph .card[data-subkind=${subkind}]`);
    await card('gpu').click({ position: { x: 12, y: 10 } });
    await card('storage').click({ position: { x: 12, y: 10 }, modifiers: ['Shift'] });
    const way = page.locator('.path-card');
    await way.getByText('SYS').waitFor();
    await way.getByText('different CPUs', { exact: false }).waitFor();
    expect(await way.locator('li[data-narrow]').innerText()).toContain('nvme0');
    expect(await page.locator('.path-way path').count()).toBe(2);
    await page.keyboard.press('Escape');
    await way.waitFor({ state: 'detached' });
  });

  it.each(['light', 'dark'] as const)('breaks no rule of axe, on a %s ground', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    expect(await violations(page, '.graph')).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('marks on the cards what differs from another machine, with a legend of the marks', async () => {
    const other = readFileSync(join(root, 'assets/topologies/dual-socket.yaml'), 'utf8')
      .replaceAll('0000:6a:01.0', '0000:6a:02.0')
      .replaceAll('bytes: 256 GiB', 'bytes: 128 GiB');
    await page.getByRole('button', { name: 'Compare' }).click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose a file' }).click();
    await (await chooser).setFiles({ name: 'before.yaml', mimeType: 'text/plain', buffer: Buffer.from(other) });
    await page.getByRole('region', { name: 'Comparison' }).waitFor();
    await page.keyboard.press('5');
    await page.locator('.card[data-kind=memory][data-difference=changed] .card-difference').first().waitFor();
    await page.getByRole('list', { name: 'Legend of the picture' }).getByText('removed from it').waitFor();
    expect(await violations(page, '.centre')).toEqual([]);
    await page.getByRole('button', { name: 'End the comparison' }).click();
    await page.locator('.card-difference').first().waitFor({ state: 'detached' });
  });

  it('draws a BAR true to scale on demand, and says what lies outside', async () => {
    await page.keyboard.press('b');
    await page.locator('.graph').getByText('outside').waitFor();
    await page.keyboard.press('b');
  });

  it.each([
    ['SVG', /\.svg$/, '<svg xmlns'],
    ['PNG', /\.png$/, '\u0089PNG'],
  ])('is saved as %s', async (format, name, start) => {
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Find a command', { exact: false }).fill(`save picture ${format}`);
    const download = page.waitForEvent('download');
    await page.keyboard.press('Enter');
    const file = await download;
    expect(file.suggestedFilename()).toMatch(name);
    const bytes = readFileSync(await file.path());
    expect(bytes.toString('latin1', 0, start.length)).toBe(start);
    expect(bytes.length).toBeGreaterThan(5000);
  });
});
