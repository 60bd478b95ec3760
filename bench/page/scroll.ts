import type { Page } from 'playwright-core';

/** Of one turn of a wheel that is turned fast, in pixels. */
const TURN_PIXELS = 800;
/** Turns between two looks at whether the end is there. */
const TURNS = 10;
/** Longest time that scrolling to the end may take, in milliseconds. */
const MAX_SCROLL_MS = 90_000;

/** Turns the wheel so often, as fast as the page takes it. */
export async function scroll(page: Page, turns: number): Promise<void> {
  const { width = 0, height = 0 } = page.viewportSize() ?? {};
  await page.mouse.move(width / 2, height / 2);
  for (let done = 0; done < turns; done += 1) await page.mouse.wheel(0, TURN_PIXELS);
}

/** Down to the last of so many tiles, until it is there with its picture. */
export async function scrollToEnd(page: Page, count: number): Promise<void> {
  const end = `${count.toLocaleString('en-US')} analyses`;
  const last = page.locator(`li[data-index="${count - 1}"] img`);
  const until = Date.now() + MAX_SCROLL_MS;
  while ((await page.locator('.count').textContent()) !== end || !(await last.isVisible())) {
    if (Date.now() > until) throw new Error(`not at its end after ${MAX_SCROLL_MS} ms`);
    await scroll(page, TURNS);
  }
}
