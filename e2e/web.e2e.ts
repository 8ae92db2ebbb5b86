import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { root } from './root.ts';
import { startWeb, type WebApp } from './web-app.ts';

/** A plain request, with headers that a browser would not let a page set. */
function get(
  address: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, unknown>> }> {
  const url = new URL(address);
  return new Promise((done, failed) => {
    httpRequest({ host: url.hostname, port: url.port, path, headers }, (response) => {
      response.resume();
      done({ status: response.statusCode ?? 0, headers: response.headers });
    })
      .on('error', failed)
      .end();
  });
}

/** Whether a WebSocket is let in. */
const socketOpens = (address: string, headers: Readonly<Record<string, string>>): Promise<boolean> =>
  new Promise((done) => {
    const socket = new WebSocket(`ws://${new URL(address).host}/session`, { headers });
    socket.on('open', () => {
      socket.close();
      done(true);
    });
    socket.on('error', () => done(false));
  });

describe('the web host', () => {
  let app: WebApp;
  let page: Page;
  const foreign: string[] = [];
  beforeAll(async () => {
    app = await startWeb();
    page = await app.browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.on('request', (asked) => {
      if (!asked.url().startsWith(new URL(app.address).origin) && !/^(data|blob|ws):/.test(asked.url()))
        foreign.push(asked.url());
    });
    await page.goto(app.address);
  });
  afterAll(() => app.close());

  it('turns the secret of the address into a cookie and takes it out of the address', async () => {
    await page.getByText('There and back again').first().waitFor();
    expect(page.url()).not.toContain('secret');
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  });

  it('refuses whoever has no cookie, names another host, or comes from another site', async () => {
    const { host } = new URL(app.address);
    const cookie = `memscape=${new URL(app.address).searchParams.get('secret') ?? ''}`;
    expect((await get(app.address, '/', { host })).status).toBe(403);
    expect((await get(app.address, '/', { host, cookie })).status).toBe(200);
    expect((await get(app.address, '/', { host: 'evil.example', cookie })).status).toBe(403);
    expect((await get(app.address, '/', { host, cookie, origin: 'https://evil.example' })).status).toBe(403);
    expect((await get(app.address, '/?secret=wrong', { host })).status).toBe(403);
    expect((await get(app.address, '/..%2f..%2fpackage.json', { host, cookie })).status).toBe(404);
    expect((await get(app.address, '/', { host, cookie })).headers['content-security-policy']).toContain(
      "default-src 'none'",
    );
    expect(await socketOpens(app.address, { cookie, origin: `http://${host}` })).toBe(true);
    expect(await socketOpens(app.address, { cookie, origin: 'https://evil.example' })).toBe(false);
    expect(await socketOpens(app.address, { cookie })).toBe(false);
    expect(await socketOpens(app.address, { origin: `http://${host}` })).toBe(false);
  });

  it('tells a story with the keyboard alone', async () => {
    await page.getByText('There and back again').first().click();
    await page.getByText('Beginning').first().waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByText('Process A').first().waitFor();
    for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowRight');
    await page.getByText('PRESENT rw').first().waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByText('DEVPRIV w').first().waitFor();
    await page.keyboard.press('Shift+ArrowRight');
    await page
      .getByText(/event\s*1/)
      .first()
      .waitFor();
  });

  it('shows the machine with its wires and memory', async () => {
    for (const part of ['CPU 0', 'gpu0', 'nic0', 'VRAM', 'Switch'])
      await page.locator('.graph').getByText(part, { exact: false }).first().waitFor();
    expect(await page.locator('.graph .wire').count()).toBeGreaterThan(6);
  });

  it('shows the facts of a part that is clicked, or reached by keyboard', async () => {
    await page.locator('.graph .card[data-subkind=nic]').click({ position: { x: 10, y: 8 } });
    await page.locator('.object h3').getByText('nic0').waitFor();
    await page.locator('.graph .card[data-subkind=gpu] > .card-choose').focus();
    await page.keyboard.press('Enter');
    await page.locator('.object h3').getByText('gpu0').waitFor();
    await page.keyboard.press('1');
  });

  it('says what is wrong with a broken file, and keeps what was open', async () => {
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(['version: 1\nid: x\ntitel: y\n'], 'broken.yaml'));
      for (const type of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
    });
    await page.getByText('did you mean "title"', { exact: false }).first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('There and back again').first().waitFor();
  });

  it('opens a machine of lstopo that is dropped on it', async () => {
    const file = join(root, '../shared/data/topologies/hwloc-xml/nvidiaDGX2.v3.xml');
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      text =
        '<?xml version="1.0"?><!DOCTYPE topology SYSTEM "hwloc2.dtd"><topology version="2.0"><object type="Machine" os_index="0" gp_index="1"><object type="Package" os_index="0" gp_index="2"/></object></topology>';
    }
    await page.evaluate((xml) => {
      const data = new DataTransfer();
      data.items.add(new File([xml], 'machine.xml'));
      for (const type of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
    }, text);
    await page.locator('.graph').getByText('Package 0').first().waitFor();
  });

  it('asks nothing of any other host', () => {
    expect(foreign).toEqual([]);
  });
});
