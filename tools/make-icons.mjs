/**
 * Makes the application's icons from assets/icons/icon.svg: PNGs for Linux, one .ico for Windows, one .icns for macOS.
 * Run it after the drawing changed; what it makes is kept in the repository, so that packing needs no converter.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ensureBrowser, root } from './setup.mjs';

const folder = join(root, 'assets/icons');
const sizes = [16, 32, 48, 64, 128, 256, 512, 1024];

async function draw(svg) {
  const browser = await chromium.launch({ executablePath: ensureBrowser(), args: ['--no-sandbox', '--disable-gpu'] });
  const page = await browser.newPage();
  const images = new Map();
  for (const size of sizes) {
    await page.setViewportSize({ width: size, height: size });
    const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
    await page.setContent(
      `<body style="margin:0"><img src="${source}" width="${size}" height="${size}" style="display:block">`,
    );
    await page.waitForFunction(() => document.images[0]?.complete === true);
    images.set(size, await page.screenshot({ omitBackground: true }));
  }
  await browser.close();
  return images;
}

/** Windows: a header, one directory entry a size, then the PNGs as they are. */
function ico(images) {
  const parts = [16, 32, 48, 64, 128, 256].map((size) => ({ size, png: images.get(size) }));
  const header = Buffer.alloc(6 + 16 * parts.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(parts.length, 4);
  let offset = header.length;
  parts.forEach(({ size, png }, index) => {
    const at = 6 + 16 * index;
    // A size of 256 is written as 0.
    header.writeUInt8(size % 256, at);
    header.writeUInt8(size % 256, at + 1);
    header.writeUInt16LE(1, at + 4);
    header.writeUInt16LE(32, at + 6);
    header.writeUInt32LE(png.length, at + 8);
    header.writeUInt32LE(offset, at + 12);
    offset += png.length;
  });
  return Buffer.concat([header, ...parts.map(({ png }) => png)]);
}

/** macOS: chunks of a type, a length and a PNG; the types with 11 to 14 are the same pictures for Retina screens. */
function icns(images) {
  const types = { ic11: 32, ic12: 64, ic07: 128, ic13: 256, ic08: 256, ic14: 512, ic09: 512, ic10: 1024 };
  const chunk = (type, body) => {
    const head = Buffer.alloc(8);
    head.write(type, 0, 'ascii');
    head.writeUInt32BE(body.length + 8, 4);
    return Buffer.concat([head, body]);
  };
  return chunk('icns', Buffer.concat(Object.entries(types).map(([type, size]) => chunk(type, images.get(size)))));
}

const images = await draw(readFileSync(join(folder, 'icon.svg'), 'utf8'));
mkdirSync(join(folder, 'linux'), { recursive: true });
for (const [size, png] of images) if (size <= 512) writeFileSync(join(folder, 'linux', `${size}x${size}.png`), png);
writeFileSync(join(folder, 'icon.ico'), ico(images));
writeFileSync(join(folder, 'icon.icns'), icns(images));
