import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** From a small phone to a wall, on either side of where the layout changes, in CSS pixels. */
const WIDTHS = [320, 360, 700, 900, 1280, 1500, 2500, 3840];
const HEIGHT = 800;
/** Faults at one width: where one is too wide, so is all that is around it. */
const MAX_TOLD = 8;
/** The browser's own size of text, and twice that, in CSS pixels. */
const TEXT_SIZE = 16;
const LARGE_TEXT = { width: 360, size: 32 };

/** At every width, and with text of twice the size on a phone: nothing is wider than the window, no field lies over another, and no word of ours is broken. */
export async function expectToFit(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const setText = (standard: number) =>
    session.send('Page.setFontSizes', { fontSizes: { standard, fixed: standard } });
  const expectNoFaults = async (width: number, text = TEXT_SIZE) => {
    await page.setViewportSize({ width, height: HEIGHT });
    const textSize = await page.evaluate('getComputedStyle(document.documentElement).fontSize');
    if (text !== TEXT_SIZE) expect(textSize).toBe(`${text}px`);
    const faults = (await page.evaluate<string[]>(FIND_FAULTS)).slice(0, MAX_TOLD);
    expect(faults.map((fault) => `${name} at ${width} px, text of ${text} px: ${fault}`)).toEqual(
      [],
    );
  };
  await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
  for (const width of WIDTHS) await expectNoFaults(width);
  await setText(LARGE_TEXT.size);
  await expectNoFaults(LARGE_TEXT.width, LARGE_TEXT.size);
  await setText(TEXT_SIZE);
  await session.detach();
}

// Runs in the page. What scrolls by itself may hold what is wider than it.
const FIND_FAULTS = `(() => {
  const faults = [];
  const nameOf = (one) => one.tagName.toLowerCase() + '.' + one.className + ' ' +
    (one.getAttribute('name') ?? one.getAttribute('aria-label') ?? one.textContent.slice(0, 30));
  const isOver = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
    Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1;
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) faults.push('the page is ' + scrollWidth + ' px wide');
  const scrolls = (one) => one && one !== document.body &&
    (getComputedStyle(one).overflowX !== 'visible' || scrolls(one.parentElement));
  for (const one of document.querySelectorAll('main *')) {
    const { right, left, width } = one.getBoundingClientRect();
    if (width > 0 && (right > innerWidth + 1 || left < -1) && !scrolls(one) && !one.closest('svg, .out-of-sight'))
      faults.push(nameOf(one) + ' ends at ' + right);
  }
  const fields = [...document.querySelectorAll('main :is(input, select, textarea, button, .plain, .primary)')]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().width > 0);
  for (const [index, one] of fields.entries()) {
    const box = one.getBoundingClientRect();
    for (const other of fields.slice(index + 1))
      if (isOver(box, other.getBoundingClientRect())) faults.push(nameOf(one) + ' lies over ' + nameOf(other));
    const around = one.closest('fieldset, .panel')?.getBoundingClientRect();
    if (around && !scrolls(one) && (box.right > around.right + 1 || box.left < around.left - 1))
      faults.push(nameOf(one) + ' sticks out of what is around it');
  }
  const OURS = ':is(button, label, legend, dt, th, .plain, .primary, .links a, nav a)';
  for (const one of document.querySelectorAll(OURS))
    for (const part of one.childNodes) {
      const words = part.nodeType === Node.TEXT_NODE ? part.textContent.split(/[\\s/·-]+/).filter(Boolean) : [];
      const range = document.createRange();
      range.selectNodeContents(part);
      const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
      if (words.length > 0 && lines.size > words.length) faults.push(nameOf(one) + ' is broken within a word');
    }
  return faults;
})()`;
