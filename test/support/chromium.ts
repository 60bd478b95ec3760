import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** No sandbox, for it does not start as root in a container; and no calls home. */
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const TIMEOUT_MS = 30_000;
const VIEWPORT = { width: 1280, height: 720 };

/** The browser's program; undefined, and said aloud, where there is none. */
export function findChromium(): string | undefined {
  const { CHROMIUM } = process.env;
  const found = [...(CHROMIUM ? [CHROMIUM] : []), ...PLACES].find((place) => existsSync(place));
  if (found === undefined)
    console.warn('SKIPPED: everything that needs a browser. For it: apt-get install chromium');
  return found;
}

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

export interface WatchedPage {
  page: Page;
  /** What the browser complained of so far: errors, warnings, dialogs, violations of the content policy. */
  complaints: string[];
  /** The page as a fresh profile has it, at this address: a profile for each test costs four times as much. */
  renew(url: string): Promise<void>;
}

/** A page of a fresh profile, whose complaints are written down. */
export async function openPage(browser: Browser, url: string): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: VIEWPORT, reducedMotion: 'reduce' }); // nothing moves while it is measured
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.location().url.endsWith('/favicon.ico')) return; // asked for beside a bare picture, see forget
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.exposeFunction('complain', (words: string) => complaints.push(words));
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      complain('policy: ' + violatedDirective + ' ' + blockedURI))`,
  );
  await page.goto(url);
  const renew = async (next: string) => {
    await forget(page, next);
    complaints.length = 0;
    await page.goto(next);
  };
  return { page, complaints, renew };
}

async function forget(page: Page, url: string): Promise<void> {
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  page.removeAllListeners('request');
  page.removeAllListeners('filechooser');
  await page.context().setOffline(false);
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(VIEWPORT);
  await page.goto(new URL('/icon.svg', url).href); // of the same origin, and runs nothing
  await page.evaluate(`(async () => {
    for (const store of [localStorage, sessionStorage]) store.clear();
    const databases = await indexedDB.databases();
    await Promise.all(databases.map(({ name }) => new Promise((resolve) => {
      indexedDB.deleteDatabase(name).onsuccess = resolve;
    })));
  })()`);
}
