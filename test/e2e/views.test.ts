import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findChromium, launchChromium, openPage, type WatchedPage } from '../support/chromium.ts';
import { readJson } from '../support/client.ts';
import { expectToFit } from '../support/layout.ts';
import { readText } from '../support/page.ts';
import { seedAnalyses } from '../support/seed.ts';
import { takeShot } from '../support/shot.ts';
import { createHome, type RunningStack, startStack } from '../support/stack.ts';

const PHOTO = fileURLToPath(new URL('../fixtures/rocket.jpg', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SEEDED = 300;
const FAILED = 5;
/** More than any screen shows, and far fewer than there are. */
const MAX_TILES = 100;
/** As of a model that did not say what it took. */
const BOUNDED = {
  inputTokens: 9_000,
  outputTokens: 8_192,
  totalTokens: 17_192,
  costUsd: 0.0375,
  estimated: true,
  thinking: 'low',
};
const chromium = findChromium();

let browser: Browser;
let stack: RunningStack;
let watched: WatchedPage;
let page: Page;
let id: string;

beforeAll(async () => {
  if (!chromium) return;
  [browser, stack] = await Promise.all([launchChromium(chromium), startStack(await createHome())]);
  const form = new FormData();
  form.append('file', new Blob([readFileSync(PHOTO)], { type: 'image/jpeg' }), 'rocket.jpg');
  ({ id } = await readJson(await stack.call('/v1/analyze', { method: 'POST', body: form })));
  await seedAnalyses(stack, SEEDED, (number) => ({
    ...(number < FAILED ? { status: 'failed' } : {}),
    ...(number === 7 ? { tags: ['seventh'], usage: BOUNDED } : {}),
  }));
  watched = await openPage(browser, stack.info.apiUrl);
  page = watched.page;
}, 60_000);
afterAll(async () => {
  await Promise.all([browser?.close(), stack?.stop()]);
});

const open = (path: string) => page.goto(`${stack.info.apiUrl}/#/${path}`);
const tiles = () => page.locator('.tile');

/** What every view shows once it is there. */
const VIEWS: [path: () => string, there: string][] = [
  [() => '', '.intake, form'],
  [() => `analyses/${id}`, '.frame img'],
  [() => 'library', '.tile img'],
  [() => 'analyzers', '.analyzer'],
  [() => 'analyzers/new', '#schema'],
  [() => 'analyzers/describe', '.built-in'],
  [() => 'usage', '.chart'],
  [() => 'settings', '.choices'],
  [() => 'nothing', 'h1'],
];

describe.skipIf(!chromium)('given the views of the page', { timeout: 90_000 }, () => {
  beforeEach(async () => {
    await watched.renew(`${stack.info.apiUrl}/#/settings`);
  });
  afterEach(() => {
    expect(watched.complaints).toEqual([]);
  });

  test('none is wider than its window, from a small phone to a wall, and no field lies over another', async () => {
    for (const [path, there] of VIEWS) {
      await open(path());
      await page.locator(there).first().waitFor();
      await expectToFit(page, path());
    }
    await open('');
    await page.getByText('Analyzer, tags, parts').click();
    await page.getByLabel('Analyzer').selectOption('extract');
    await page.locator('textarea[name="options"]').waitFor();
    await expectToFit(page, 'upload with options');
    await open(`analyses/${id}`);
    await page.getByText('Run again with another analyzer').click();
    await page.locator('.again select').waitFor();
    await expectToFit(page, 'run again');
    await page.goto(`${stack.info.apiUrl}/reference.html`);
    await expectToFit(page, 'reference');
  });

  test('a screenshot waits for every picture, and a blank one is refused', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const [width, height] = [640, 427];
    const grey = { width, height, channels: 3 as const, background: '#edf0ef' };
    let body = readFileSync(PHOTO);
    await page.route('**/pictures/**', async (route) => {
      await released;
      await route.fulfill({ contentType: 'image/jpeg', body });
    });
    await open(`analyses/${id}`);
    await page.locator('.frame img').waitFor();
    const shot = takeShot(page);
    release();
    expect((await sharp(await shot).stats()).entropy).toBeGreaterThan(1);
    body = await sharp({ create: grey }).jpeg().toBuffer();
    await page.reload();
    await page.locator('.frame img').waitFor();
    await expect(takeShot(page)).rejects.toThrow('A picture is blank');
  });

  test('axe finds nothing on any of them, in light and in dark', async () => {
    await page.evaluate(AXE); // into its own world: the content policy lets no script in
    for (const [path, there] of VIEWS) {
      await open(path());
      await page.locator(there).first().waitFor();
      await page.emulateMedia({ colorScheme: 'light' });
      expect(await findFaults()).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await findFaults(['cat.color'])).toEqual([]); // all else is the same elements
    }
  });

  async function findFaults(runOnly?: string[]): Promise<string[]> {
    return page.evaluate(`axe.run(${JSON.stringify({ runOnly })}).then(({ violations }) => violations.flatMap(
      ({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html + failureSummary)))`);
  }

  test('the library goes to its end, past a failure, with few tiles in the page at any time', async () => {
    let pages = 0;
    await page.route('**/v1/analyses?*', (route) => {
      pages += 1;
      const json = { code: 'internal', retryable: false };
      return pages === 3 ? route.fulfill({ status: 500, json }) : route.continue();
    });
    await open('library');
    await page.locator('.tile img').waitFor(); // of the one that has a picture
    await expect.poll(() => pages).toBe(2);
    await page.mouse.move(640, 400);
    await page.mouse.wheel(0, 9_000);
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => page.locator('.count').textContent()).toMatch(/^(1[89]|2|3)/); // on from there
    expect(watched.complaints.splice(0)).toEqual([expect.stringContaining('500')]);
    const most = await page.evaluate<number>(`(async () => {
      let most = 0;
      const all = '${SEEDED + 1} analyses';
      for (let n = 0; n < 400 && document.querySelector('.count').textContent !== all; n += 1) {
        scrollTo(0, document.body.scrollHeight);
        await new Promise((resolve) => setTimeout(resolve, 50));
        most = Math.max(most, document.querySelectorAll('.tile').length);
      }
      scrollTo(0, document.body.scrollHeight);
      return most;
    })()`);
    await page.getByText(`${SEEDED + 1} analyses`, { exact: true }).waitFor();
    await page.getByText(`seeded-${SEEDED - 1}.jpg`).waitFor();
    expect(most).toBeLessThan(MAX_TILES);
  });

  test('the use view tells what was spent, and of what no price is known', async () => {
    await open('usage');
    await page.getByText('1 by a model whose price is not known').waitFor();
    const today = page.locator('.span', { hasText: 'Today' });
    expect(await today.textContent()).toMatch(
      /Cost\$0\.\d+, no limitAnalyses by the model1, no limit/,
    );
  });

  test('a receipt says where it is a bound, and how much the model was told to think', async () => {
    await open('library?tag=seventh');
    await tiles().first().click();
    const facts = page.locator('.facts', { hasText: 'thinking' });
    expect(await readText(facts)).toMatch(
      /tokensat most 9,000 in, 8,192 out: the model did not say.*thinkinglow.*costat most \$0\.037\d?: /i,
    );
  });

  test('a model of the stage that ends is told of in every view, and asked about once a day', async () => {
    const end = { model: 'gemini-3.1-flash-lite', lastDay: '2027-05-07', hasEnded: false };
    const warnings = [{ ...end, successor: 'gemini-3.5-flash-lite', message: 'It ends.' }];
    let asked = 0;
    await page.goto(`${stack.info.apiUrl}/icon.svg`); // the page has asked by now, or is about to
    await page.evaluate('localStorage.clear()');
    await page.route('**/health/ready', (route) => {
      asked += 1;
      return route.fulfill({ json: { status: 'ready', warnings } });
    });
    for (const path of ['', 'library']) {
      await open(path);
      const notice = page.getByText('gemini-3.1-flash-lite ends on 2027-05-07.');
      await notice.waitFor();
      await page.reload();
      expect(await readText(notice)).toContain('such as gemini-3.5-flash-lite');
    }
    expect(asked).toBe(1);
  });

  test('an address that names nothing says so, whatever it is called', async () => {
    for (const path of ['constructor', '__proto__', 'nothing']) {
      await open(path);
      await page.getByRole('heading', { name: 'There is no such view' }).waitFor();
      await open('settings');
      await page.getByLabel('Dark').waitFor();
    }
  });

  test('a file that is dropped in another view is added, and the page stays', async () => {
    await open('library');
    await tiles().first().waitFor();
    const wasTaken = await page.evaluate<boolean>(`(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([], 'nothing.png', { type: 'image/png' }));
      const event = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
      return !document.body.dispatchEvent(event);
    })()`);
    expect(wasTaken).toBe(true);
    const card = page.getByRole('article', { name: 'nothing.png' });
    await card.getByText('The file is empty.').waitFor();
  });

  test('filters are in the address, and show what they say', async () => {
    await open('library');
    await tiles().first().waitFor();
    await page.getByLabel('Status').focus();
    await page.getByLabel('Status').selectOption('failed');
    await page.getByText(`${FAILED} analyses`, { exact: true }).waitFor();
    expect(await page.evaluate('document.activeElement.name')).toBe('status'); // to go on by keys
    expect(page.url()).toContain('status=failed');
    await page.goBack();
    await page.getByText(`${SEEDED} analyses`).or(page.getByText('so far')).waitFor();
    expect(await page.getByLabel('Status').inputValue()).toBe('');
    await open('library?tag=seventh');
    await page.getByText('1 analysis', { exact: true }).waitFor();
    await page.getByText('seeded-7.jpg').waitFor();
    await open('library?to=2020-01-01');
    await page.getByText('No analysis is like that.').waitFor();
    await open('library?analyzer=describe');
    await tiles().first().waitFor();
  });

  test('days are those of the reader, as the times on the tiles are; one that is none filters nothing', async () => {
    const place = await page.context().newCDPSession(page);
    // A place where it is another day than in UTC.
    const timezoneId = new Date().getUTCHours() < 11 ? 'Pacific/Pago_Pago' : 'Pacific/Kiritimati';
    await place.send('Emulation.setTimezoneOverride', { timezoneId });
    const today = new Date().toLocaleDateString('sv', { timeZone: timezoneId });
    await open(`library?from=${today}&to=${today}&status=nonsense`);
    await page.getByText('rocket.jpg').waitFor();
    await open('library?from=nonsense');
    await tiles().first().waitFor();
    await place.detach(); // and its time zone with it
  });

  test('by keys alone a tile is found, the one beside it, and its analysis', async () => {
    await open('library');
    await page.locator('.tile img').waitFor();
    await tiles().first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'rocket.jpg' }).waitFor();
  });

  test('who goes back from an analysis is where they were in the list, and nothing of it is loaded anew', async () => {
    await open('library');
    await tiles().first().waitFor();
    await page.mouse.move(640, 400);
    for (let turns = 0; turns < 60; turns += 1) {
      await page.mouse.wheel(0, 300);
      if ((await page.evaluate<number>('scrollY')) > 6_000) break;
    }
    await page.mouse.click(640, 400);
    await page.locator('article h1').waitFor();
    const left = await readText(page.locator('article h1'));
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.goBack();
    await page.locator('.tile:focus').getByText(left).waitFor();
    expect(await page.evaluate<number>('scrollY')).toBeGreaterThan(6_000);
    expect(asked).not.toContain('/v1/analyses');
  });

  test('a tile that the keys are at stays while the list is scrolled, and they go on from it', async () => {
    await open('library');
    await tiles().first().focus();
    const numberOf = () => page.evaluate("document.activeElement.closest('li')?.dataset.index");
    await page.mouse.move(640, 400);
    await page.mouse.wheel(0, 6_000);
    await page.locator('li[data-index="0"].apart').waitFor({ state: 'attached' });
    expect(await numberOf()).toBe('0');
    await page.keyboard.press('ArrowRight');
    expect(await numberOf()).toBe('1');
    await expect.poll(() => page.evaluate('scrollY')).toBeLessThan(1_000);
    await page.keyboard.press('Home');
    expect(await numberOf()).toBe('0');
  });

  test('an analyzer is written, put right where the service says, and tried on a picture', async () => {
    await open('analyzers/new');
    await page.getByLabel('Name', { exact: true }).fill('sky');
    await page.getByLabel('What to look for').fill('What colour is the sky?');
    await page.getByLabel('Name of a field').fill('colour');
    await page.getByRole('button', { name: 'Add the field' }).click();
    const schema = page.locator('#schema');
    const good = await schema.inputValue();
    expect(JSON.parse(good).required).toEqual(['colour']);
    await schema.fill(good.replace('"string"', '"string", "pattern": "^b"'));
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: '/properties/colour/pattern' }).click();
    const selected = await page.evaluate<string>(
      `(({ value, selectionStart, selectionEnd }) => value.slice(selectionStart, selectionEnd))(document.activeElement)`,
    );
    expect(selected).toBe('"^b"');
    await schema.fill(good);
    await page.locator('.try-out input[type=file]').setInputFiles(PHOTO);
    await page.getByText('Saved as sky, version 1.').first().waitFor();
    await page.locator('.try-out .frame img').waitFor();
    await page.getByRole('article', { name: 'sky' }).getByText('your own').waitFor();
    // The browser's own word for the refusal.
    expect(watched.complaints.splice(0)).toEqual([expect.stringContaining('400')]);
  });

  test('a built-in analyzer is shown as it is, and one of your own begun with it; one that is not there is told', async () => {
    await open('analyzers');
    await page.getByRole('link', { name: 'Look at moderate' }).click();
    await page.getByText('for pictures, documents').first().waitFor();
    expect(await page.locator('#schema').count()).toBe(0);
    await page.getByRole('link', { name: 'Make my own from it' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved as my-moderate, version 1.').first().waitFor();
    await open('analyzers/transcribe');
    await page.getByText('Analyzers of your own look at pictures and documents').waitFor();
    await open('analyzers/nobody');
    await page.getByRole('heading', { name: 'There is no such analyzer' }).waitFor();
    // The browser's own word for it.
    expect(watched.complaints.splice(0)).toEqual([expect.stringContaining('404')]);
  });

  test('where the browser lets no page keep anything, it works all the same', async () => {
    const context = await browser.newContext();
    const refuse = (name: string) =>
      `Object.defineProperty(window, '${name}', { get() { throw new DOMException('', 'SecurityError'); } });`;
    await context.addInitScript(
      ['sessionStorage', 'localStorage', 'indexedDB'].map(refuse).join(''),
    );
    const strict = await context.newPage();
    await strict.goto(`${stack.info.apiUrl}/#/settings`);
    await strict.getByLabel('Dark').check();
    await strict.locator('#key').fill(stack.info.apiKey);
    await strict.getByRole('button', { name: 'Use this key' }).click();
    await strict.getByRole('link', { name: 'Library' }).click();
    await strict.locator('.tile').first().waitFor();
    await context.close();
  });

  test('a key is kept for this tab, and the colours for this browser', async () => {
    await page.getByLabel('Dark').check();
    await page.reload();
    expect(await page.getByLabel('Dark').isChecked()).toBe(true);
    expect(await page.evaluate('getComputedStyle(document.body).colorScheme')).toContain('dark');
    await page.locator('#key').fill('sk_of_nobody');
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('The key that you gave is in use.').waitFor();
    expect(await page.evaluate('Object.values(localStorage).join()')).not.toContain('sk_of');
    await page.getByRole('button', { name: 'Forget the key' }).click();
    await page.getByText('own stack').waitFor();
  });
});
