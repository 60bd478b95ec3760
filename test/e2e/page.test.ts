import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findChromium, launchChromium, openPage, type WatchedPage } from '../support/chromium.ts';
import { createHome, type RunningStack, startStack } from '../support/stack.ts';

const chromium = findChromium();

let browser: Browser;
let stack: RunningStack;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  if (!chromium) return;
  [browser, stack] = await Promise.all([launchChromium(chromium), startStack(await createHome())]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), stack?.stop()]);
});

describe.skipIf(!chromium)('given the page', () => {
  beforeEach(async () => {
    watched = await openPage(browser, stack.info.apiUrl);
    page = watched.page;
  });
  afterEach(async () => {
    await watched.close();
    expect(watched.complaints).toEqual([]);
  });

  test('when its places are chosen one after the other, each shows its view', async () => {
    const places = page.getByRole('navigation', { name: 'Views' });
    for (const name of ['Library', 'Analyzers', 'Use', 'Settings']) {
      await places.getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
    }
  });

  test('when it has no real model, it says how to set a key', async () => {
    await page.getByText('GEMINI_API_KEY=… npm start').waitFor();
  });
});
