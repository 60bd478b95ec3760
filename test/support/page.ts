import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** Where a browser may round to, in pixels. */
const BOX_TOLERANCE = 2;

/** What tests read of an analysis. */
export interface ShownAnalysis {
  id: string;
  source: { width: number; height: number };
  result: { objects: { label: string; box: Record<'x' | 'y' | 'width' | 'height', number> }[] };
}

export async function readText(element: Locator): Promise<string> {
  return (await element.textContent()) ?? '';
}

/** The raw JSON, as the card shows it. */
export async function readRaw(card: Locator): Promise<ShownAnalysis> {
  await card.getByText('Raw JSON').click();
  return JSON.parse(await readText(card.locator('pre')));
}

/** Lets go of a file over the page, as a hand with a mouse does. */
export async function dropFile(page: Page, name: string, type: string, bytes: Buffer) {
  const transfer = await page.evaluateHandle(
    `(() => {
      const bytes = Uint8Array.from(atob('${bytes.toString('base64')}'), (c) => c.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], '${name}', { type: '${type}' }));
      return transfer;
    })()`,
  );
  const drop = page.locator('#drop');
  await drop.dispatchEvent('dragover', { dataTransfer: transfer });
  await drop.dispatchEvent('drop', { dataTransfer: transfer });
}

/** The card's picture has a box for each object, and each lies where the analysis says. */
export async function expectBoxesInPlace(card: Locator, { result }: ShownAnalysis) {
  const image = card.locator('.frame img');
  await image.evaluate((element: { decode(): Promise<void> }) => element.decode());
  const picture = await image.boundingBox();
  if (!picture) throw new Error('The picture is not shown.');
  expect(picture.width).toBeGreaterThan(100);
  expect(await card.locator('.box').count()).toBe(result.objects.length);
  for (const { label, box } of result.objects) {
    const drawn = await card.locator('.box').filter({ hasText: label }).boundingBox();
    expectNear(drawn?.x, picture.x + box.x * picture.width);
    expectNear(drawn?.y, picture.y + box.y * picture.height);
    expectNear(drawn?.width, box.width * picture.width);
    expectNear(drawn?.height, box.height * picture.height);
  }
}

function expectNear(actual = Number.NaN, expected: number) {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(BOX_TOLERANCE);
}

/** From now on, the steps that the page goes through and the amounts that it tells, in their order. */
export async function recordProgress(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(`
    seen = [];
    new MutationObserver(() => {
      const step = document.querySelector('.steps [aria-current]')?.dataset.step;
      const amount = document.querySelector('.amount')?.textContent;
      for (const one of [step, amount]) if (one && !seen.includes(one)) seen.push(one);
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  `);
  return () => page.evaluate('seen');
}
