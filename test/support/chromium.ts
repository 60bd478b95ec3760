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
  close(): Promise<void>;
}

/** A page of a fresh profile, whose complaints are written down. */
export async function openPage(browser: Browser, url: string): Promise<WatchedPage> {
  const context = await browser.newContext({ reducedMotion: 'reduce' }); // nothing moves while it is measured
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.exposeFunction('complain', (words: string) => complaints.push(words));
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      complain('policy: ' + violatedDirective + ' ' + blockedURI))`,
  );
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}
