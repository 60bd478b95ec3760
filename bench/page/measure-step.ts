import type { Browser, CDPSession, Page } from 'playwright-core';
import type { Row } from '../harness/table.ts';
import { findLongest, TRACE_CATEGORIES } from './trace.ts';

/** Runs in each document: the sum of what has shifted by itself, as browsers count it for the layout shift. */
const WATCH_SHIFTS = `
  shifted = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) shifted += value;
  }).observe({ type: 'layout-shift', buffered: true });
`;

/** A page of a fresh profile whose steps can be measured. */
export async function openMeasuredPage(browser: Browser, width: number, height: number) {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  await page.addInitScript(WATCH_SHIFTS);
  return page;
}

/** What a step of its reader costs the page. */
export async function measureStep(
  step: string,
  page: Page,
  work: () => Promise<void>,
): Promise<Row> {
  const browser = page.context().browser();
  const session = await page.context().newCDPSession(page);
  const sent = await countBytes(session);
  await page.evaluate('shifted = 0');
  const start = performance.now();
  await browser?.startTracing(page, { categories: TRACE_CATEGORIES });
  await work();
  const seconds = (performance.now() - start) / 1000;
  const longest = browser && findLongest(await browser.stopTracing());
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return {
    step,
    s: seconds,
    requests: sent.requests(),
    'script and style kB': sent.code() / 1000,
    'all kB': sent.all() / 1000,
    'task ms': longest?.wallMs,
    'task CPU ms': longest?.cpuMs,
    shift: await page.evaluate<number>('shifted'),
    'heap MiB': usedSize / 2 ** 20,
    elements: await page.evaluate<number>('document.querySelectorAll("*").length'),
  };
}

async function countBytes(session: CDPSession) {
  const types = new Map<string, string>();
  let requests = 0;
  let code = 0;
  let all = 0;
  session.on('Network.responseReceived', ({ requestId, type, response }) => {
    if (response.url.startsWith('blob:')) return; // what the page has already
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
