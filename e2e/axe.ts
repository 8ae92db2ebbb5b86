import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Rules that an element breaks, with an example of each. */
export async function violations(page: Page, within: string): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(async (selector) => {
    const { axe: checker } = globalThis as unknown as {
      readonly axe: {
        run(of: string): Promise<{
          readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
        }>;
      };
    };
    const found = await checker.run(selector);
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200) ?? ''}`);
  }, within);
}
