import type { Browser, CDPSession, Page } from 'playwright-core';
import { findChromium, launchChromium } from '../../test/support/chromium.ts';
import { seedAnalyses } from '../../test/support/seed.ts';
import { createHome, type RunningStack, startStack } from '../../test/support/stack.ts';
import type { Row, Table } from '../harness/table.ts';
import type { Options } from '../options.ts';
import { findLongest, TRACE_CATEGORIES } from './trace.ts';

/** Analyses in the table. */
const STORED = 10_000;
/** Longest time that scrolling through all of them may take, in milliseconds. */
const MAX_SCROLL_MS = 240_000;

/** What the page loads, and how long it keeps the browser busy, with a table of 10,000 analyses. */
export async function measurePage(_: Options): Promise<Table> {
  const program = findChromium();
  if (!program) return { part: 'page', rows: [], notes: ['left out: there is no Chromium here'] };
  const [browser, stack] = await Promise.all([
    launchChromium(program),
    startStack(await createHome({ READ_LIMIT_PER_MINUTE: '0' })),
  ]);
  try {
    return { part: 'page', ...(await measureViews(browser, stack, STORED)) };
  } finally {
    await Promise.all([browser.close(), stack.stop()]);
  }
}

export async function measureViews(browser: Browser, stack: RunningStack, count: number) {
  await seedAnalyses(stack, count);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const { apiUrl } = stack.info;
  const rows: Row[] = [
    await measureStep('first view', browser, page, async () => {
      await page.goto(apiUrl, { waitUntil: 'networkidle' });
    }),
    await measureStep(`library of ${count}`, browser, page, async () => {
      await page.goto(`${apiUrl}/#/library`);
      await page.locator('.tile').first().waitFor();
      await page.waitForLoadState('networkidle');
    }),
    await measureStep('its end, by scrolling', browser, page, () => scroll(page, count)),
  ];
  await context.close();
  return {
    rows,
    notes: [
      'kB: script and style, compressed, as sent; the first view may have 120.',
      'task: the longest of the page’s main thread in a trace, by the clock and by the processor; 200 ms are allowed.',
      'heap: of scripts, after a collection.',
    ],
  };
}

async function measureStep(
  step: string,
  browser: Browser,
  page: Page,
  work: () => Promise<void>,
): Promise<Row> {
  const session = await page.context().newCDPSession(page);
  const sent = await countBytes(session);
  await browser.startTracing(page, { categories: TRACE_CATEGORIES });
  await work();
  const longest = findLongest(await browser.stopTracing());
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  const nodes = await page.evaluate<number>('document.querySelectorAll("*").length');
  return {
    step,
    requests: sent.requests(),
    'script and style kB': sent.code() / 1000,
    'all kB': sent.all() / 1000,
    'task ms': longest.wallMs,
    'task CPU ms': longest.cpuMs,
    'heap MiB': usedSize / 2 ** 20,
    elements: nodes,
  };
}

async function countBytes(session: CDPSession) {
  const types = new Map<string, string>();
  let requests = 0;
  let code = 0;
  let all = 0;
  session.on('Network.responseReceived', ({ requestId, type }) => {
    requests += 1;
    types.set(requestId, type);
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    all += encodedDataLength;
    if (['Script', 'Stylesheet'].includes(types.get(requestId) ?? '')) code += encodedDataLength;
  });
  await session.send('Network.enable');
  return { requests: () => requests, code: () => code, all: () => all };
}

async function scroll(page: Page, count: number): Promise<void> {
  await page.evaluate(`(async () => {
    const until = performance.now() + ${MAX_SCROLL_MS};
    const all = (${count}).toLocaleString() + ' analyses';
    while (document.querySelector('.count').textContent !== all && performance.now() < until) {
      scrollBy(0, 1500);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  })()`);
  const end = `${count.toLocaleString('en-US')} analyses`;
  await page.getByText(end, { exact: true }).waitFor();
}
