import type { Browser, Page } from 'playwright-core';
import { findChromium, launchChromium } from '../../test/support/chromium.ts';
import { createHome } from '../../test/support/stack.ts';
import { type Progress, startProgress } from '../harness/progress.ts';
import type { Row, Table } from '../harness/table.ts';
import type { Options } from '../options.ts';
import { startFilledStack } from './fill-stack.ts';
import { measureStep, openMeasuredPage } from './measure-step.ts';
import { scroll, scrollToEnd } from './scroll.ts';

/** Analyses in the table. */
const STORED = 10_000;
/** On the large screen it is not scrolled to the end: so many turns of the wheel. */
const WALL_TURNS = 60;

type Work = (page: Page, origin: string) => Promise<void>;

/** What a reader does, by the screen that it is done at: width and height in pixels. */
const VISITS: [screen: [number, number], steps: Record<string, Work>][] = [
  [
    [1280, 800],
    {
      'first view': async (page, origin) => {
        await page.goto(origin, { waitUntil: 'networkidle' });
      },
      library: openLibrary,
      'its end, by scrolling': (page) => scrollToEnd(page, STORED),
      'an analysis': openAnalysis,
      'back to where it was': async (page) => {
        await page.goBack();
        await page.locator('.tile:focus img').waitFor();
      },
    },
  ],
  [
    [3840, 2160],
    {
      'library, 3840 × 2160': openLibrary,
      'scrolled, 3840 × 2160': (page) => scroll(page, WALL_TURNS),
    },
  ],
];

/** What the page loads, and how long it keeps the browser busy, with a table of 10,000 analyses. */
export async function measurePage(_: Options): Promise<Table> {
  const program = findChromium();
  if (!program) return { part: 'page', rows: [], notes: ['left out: there is no Chromium here'] };
  const names = VISITS.flatMap(([, steps]) => Object.keys(steps));
  const progress = startProgress('page', names.length + 1);
  progress.next(`storing ${STORED} analyses`);
  const stack = await startFilledStack(await createHome({ READ_LIMIT_PER_MINUTE: '0' }), STORED);
  const browser = await launchChromium(program);
  try {
    const rows = await visitAll(browser, stack.info.apiUrl, progress);
    return { part: 'page', rows, notes: NOTES };
  } finally {
    progress.end();
    await Promise.all([browser.close(), stack.stop()]);
  }
}

async function visitAll(browser: Browser, origin: string, progress: Progress): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [[width, height], steps] of VISITS) {
    const page = await openMeasuredPage(browser, width, height);
    for (const [name, work] of Object.entries(steps)) {
      progress.next(name);
      rows.push(await measureStep(name, page, () => work(page, origin)));
    }
    await page.context().close();
  }
  return rows;
}

async function openLibrary(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/#/library`);
  await page.locator('.tile img').first().waitFor();
  await page.waitForLoadState('networkidle');
}

/** Without a click: what shifts soon after one is not counted. */
async function openAnalysis(page: Page): Promise<void> {
  await page.evaluate(`(() => {
    const inSight = ({ top }) => top > 0 && top < innerHeight - 100;
    const tiles = [...document.querySelectorAll('.tile')];
    const tile = tiles.find((one) => inSight(one.getBoundingClientRect()));
    tile.focus({ preventScroll: true });
    location.hash = tile.hash;
  })()`);
  await page.locator('.frame img').waitFor();
  await page.waitForLoadState('networkidle');
}

const NOTES = [
  `${STORED} analyses are stored, each with a picture of its own; s: by the clock, with the waiting for it to be quiet.`,
  'kB: script and style, compressed, as sent.',
  'task: the longest of the page’s main thread in a trace, by the clock and by the processor.',
  'shift: what moved by itself, as browsers count it; heap: of scripts, after a collection.',
];
