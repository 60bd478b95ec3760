import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';
import { findChromium, launchChromium, openPage, type WatchedPage } from '../support/chromium.ts';
import { readJson, upload, waitForEnd } from '../support/client.ts';
import { DESCRIBE_ANSWER } from '../support/describe-answer.ts';
import {
  cardOf,
  chooseFiles,
  dragOnto,
  dropFile,
  expectBoxesInPlace,
  expectUpright,
  type PageFile,
  pinch,
  readRaw,
  readText,
  recordProgress,
  writeWav,
} from '../support/page.ts';
import { writePdf } from '../support/pdf.ts';
import { drawMarker } from '../support/pictures.ts';
import { createHome, type RunningStack, startStack } from '../support/stack.ts';

const PHOTO = fileURLToPath(new URL('../fixtures/rocket.jpg', import.meta.url));
const KEY = 'key-of-the-test';
const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8];
const STAGES = ['validating', 'converting', 'analyzing', 'storing'];
const MANY = 20;
const chromium = findChromium();

const ANSWER = {
  ...DESCRIBE_ANSWER,
  caption: 'A rocket <img src=x onerror=alert(1)> at dusk \u202egnp',
  objects: [
    { label: 'rocket', box_2d: [280, 470, 920, 545] },
    { label: '<b>tower</b>', box_2d: [0, 850, 990, 1000] },
  ],
  tags: ['exe.\u202egnp'],
  text: 'One \u202eline.',
};

/** Marks that turn the order of letters. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/;
const INSTRUCTED = { instructions_in_image: { found: false, note: '' } };

let browser: Browser;
let gemini: Gemini;
let stack: RunningStack;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  if (!chromium) return;
  gemini = await startGemini({ apiKey: KEY });
  const home = await createHome({ GEMINI_API_KEY: KEY, GEMINI_BASE_URL: gemini.url });
  [browser, stack] = await Promise.all([launchChromium(chromium), startStack(home)]);
  watched = await openPage(browser, stack.info.apiUrl);
  page = watched.page;
});
afterAll(async () => {
  await Promise.all([browser?.close(), stack?.stop()]);
  await gemini?.close();
});

/** A picture that nobody has sent before: its grey is the number's. */
async function draw(number: number, name = `${number}.png`): Promise<PageFile> {
  const marker = drawMarker().resize(640, 480, { kernel: 'nearest' });
  const buffer = await marker
    .modulate({ brightness: 1 - number / 100 })
    .png()
    .toBuffer();
  return { name, mimeType: 'image/png', buffer };
}

// Where other work shares the machine, twenty analyses take their time.
describe.skipIf(!chromium)(
  'given the page of a service with a Gemini key',
  { timeout: 90_000 },
  () => {
    beforeEach(async () => {
      gemini.script(() => ({ kind: 'answer', answer: ANSWER }));
      await watched.renew(stack.info.apiUrl);
    });
    afterEach(() => {
      expect(watched.complaints).toEqual([]);
    });

    test('when a photo is chosen, its result is shown as text, with boxes where the analysis has them', async () => {
      await chooseFiles(page, PHOTO);
      const card = cardOf(page, 'rocket.jpg');
      const words = ANSWER.caption.replace('\u202e', 'U+202E'); // which would turn what follows it
      expect(await readText(card.locator('.caption'))).toBe(words);
      expect(await readText(card)).not.toMatch(TURNING);
      for (const step of ['uploading', 'queued', ...STAGES, 'done'])
        expect(await readText(card.locator(`[data-step="${step}"] .time`))).toMatch(/^[\d.]+ m?s$/);
      const raw = await readRaw(card);
      const stored = await readJson(await stack.call(`/v1/analyses/${raw.id}`));
      expect({ ...raw, links: 0 }).toEqual({ ...stored, links: 0 }); // signed anew each time
      expect(raw.result.objects).toHaveLength(2);
      await expectBoxesInPlace(card, raw);
      await page.setViewportSize({ width: 360, height: 800 });
      await expectBoxesInPlace(card, raw);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
      expect(await readText(card.locator('.legend'))).toContain('<b>tower</b>');
      expect(await page.locator('img[src="x"], main b').count()).toBe(0);
    });

    test('when photos are held at any of the eight orientations, they stand upright, boxes and all', async () => {
      const files = ORIENTATIONS.map(async (orientation): Promise<PageFile> => {
        const [width, height] = orientation >= 5 ? [480, 640] : [640, 480];
        const marker = drawMarker(orientation).resize(width, height, { kernel: 'nearest' });
        const buffer = await marker.jpeg({ quality: 80 + orientation }).toBuffer();
        return { name: `${orientation}.jpg`, mimeType: 'image/jpeg', buffer };
      });
      await chooseFiles(page, await Promise.all(files));
      for (const orientation of ORIENTATIONS) {
        const card = cardOf(page, `${orientation}.jpg`);
        await card.getByRole('button', { name: 'Show' }).click();
        const raw = await readRaw(card);
        expect(raw.source).toMatchObject({ width: 640, height: 480 });
        await expectBoxesInPlace(card, raw);
        await expectUpright(card);
        await card.getByRole('button', { name: 'Hide' }).click();
      }
    });

    test('when names in the list are pointed at, their boxes stand out, and the other way round', async () => {
      await chooseFiles(page, PHOTO);
      const card = cardOf(page, 'rocket.jpg');
      const name = card.getByRole('button', { name: 'rocket', exact: true });
      await name.hover();
      expect(await readText(card.locator('.box.pointed'))).toBe('rocket');
      await card.locator('.layer').hover({ position: { x: 10, y: 10 } });
      expect(await card.locator('.pointed').count()).toBe(0);
      const box = await card.locator('.box').first().boundingBox();
      await page.mouse.move((box?.x ?? 0) + 5, (box?.y ?? 0) + 5);
      expect(await readText(card.locator('.legend .pointed'))).toBe('rocket');
    });

    test('when upload and model are slow, progress moves and the stages come in order, each with its time', async () => {
      gemini.script(() => ({ kind: 'slow', milliseconds: 1_500 }));
      const listSeen = await recordProgress(page);
      await chooseFiles(page, await draw(1));
      const card = cardOf(page, '1.png');
      expect(await card.locator('.thumbnail img').getAttribute('src')).toMatch(/^blob:/);
      await card.locator('.result .caption').waitFor();
      const seen = await listSeen();
      const steps = ['uploading', 'queued', ...STAGES];
      const seenSteps = seen.filter((one) => steps.includes(one));
      expect(seenSteps).toEqual(steps.filter((step) => seenSteps.includes(step)));
      expect(seenSteps).toEqual(expect.arrayContaining(['uploading', 'queued', 'analyzing']));
      expect(seen).toContainEqual(expect.stringMatching(/^100 % · ([\d.]+ KB) of \1$/));
      const time = card.locator('[data-step="analyzing"] .time');
      expect(await readText(time)).toMatch(/^[12]\.\d s$/);
    });

    test('when many are dropped and the limit is reached, it says how long it waits, and goes on by itself', async () => {
      let refusals = 3;
      await page.route('**/v1/uploads', async (route) => {
        refusals -= 1;
        if (refusals < 0) return route.continue();
        const headers = { 'retry-after': '1' };
        return route.fulfill({
          status: 429,
          headers,
          json: { code: 'rate_limited', retryAfter: 1 },
        });
      });
      const files = Array.from({ length: MANY }, (_, index) => draw(10 + index));
      await chooseFiles(page, await Promise.all(files));
      await page.getByText('Going on by itself in').waitFor();
      await page.getByText(`${MANY} of ${MANY} done`).waitFor({ timeout: MANY * 2_000 });
      expect(await page.getByText('Known before').count()).toBe(0);
      await page.getByRole('button', { name: 'Clear the finished' }).click();
      expect(await page.getByRole('article').count()).toBe(0);
      watched.complaints.length = 0; // the browser's own, of each 429
    });

    test('when bytes are known, they are answered without an upload', async () => {
      await chooseFiles(page, await draw(2, 'first.png'));
      await cardOf(page, 'first.png').locator('.result').waitFor();
      const posts: string[] = [];
      page.on('request', (request) => {
        if (request.url().startsWith(stack.info.awsEndpoint)) posts.push(request.method());
      });
      await chooseFiles(page, await draw(2, 'second.png'));
      await cardOf(page, 'second.png').getByText('Known before').waitFor();
      expect(posts).not.toContain('POST');
    });

    test('when a program is named as a picture, it is refused in plain words, and no model is asked', async () => {
      const countAsked = () =>
        gemini.requests.filter(({ path }) => path.includes(':generateContent')).length;
      const asked = countAsked();
      const buffer = Buffer.from(`MZ${'\0'.repeat(4000)}`, 'latin1');
      await chooseFiles(page, { name: 'setup.jpg', mimeType: 'image/jpeg', buffer });
      const problem = await readText(cardOf(page, 'setup.jpg').getByRole('alert'));
      expect(problem).toContain('This is not a file that can be read here.');
      expect(problem).toContain('Send a JPEG, PNG, WebP');
      expect(problem).toContain('type_unsupported');
      expect(countAsked()).toBe(asked);
    });

    test('when it is reloaded in the middle of an upload, the upload goes on by itself', async () => {
      await page.route(`${stack.info.awsEndpoint}/**`, () => {}); // never arrives
      await chooseFiles(page, await draw(3));
      await cardOf(page, '3.png').getByRole('progressbar').waitFor();
      await page.unroute(`${stack.info.awsEndpoint}/**`);
      await page.reload();
      await cardOf(page, '3.png').locator('.result .caption').waitFor();
      expect(await page.getByRole('article').count()).toBe(1);
      await page.reload();
      await page.getByText('Choose files').waitFor();
      expect(await page.getByRole('article').count()).toBe(0);
    });

    test('when it is offline for a moment, it says so, and goes on when it is back', async () => {
      await page.getByText('Choose files').waitFor();
      await page.context().setOffline(true);
      await chooseFiles(page, await draw(4));
      await page.getByText('The service cannot be reached.').waitFor();
      await page.context().setOffline(false);
      await cardOf(page, '4.png').locator('.result .caption').waitFor();
      expect(await page.getByText('The service cannot be reached.').count()).toBe(0);
      watched.complaints.length = 0; // the browser's own, of each call
    });

    test('when an upload is paused, nothing is sent until it may go on, reloaded or not; cancelled, nothing is left of it', async () => {
      let begun = 0;
      await page.route(`${stack.info.awsEndpoint}/**`, (route) => {
        begun += 1;
        return begun === 1 ? undefined : route.continue();
      });
      await chooseFiles(page, await draw(5));
      const card = cardOf(page, '5.png');
      await card.getByRole('progressbar').waitFor();
      await card.getByRole('button', { name: 'Pause' }).click();
      await card.getByText('Paused.').waitFor();
      expect(await nameFocused()).toBe('Go on: 5.png');
      await page.reload();
      await card.getByText('Paused.').waitFor();
      expect(begun).toBe(1);
      await card.getByRole('button', { name: 'Go on' }).click();
      await card.locator('.result .caption').waitFor();

      await page.route(`${stack.info.awsEndpoint}/**`, () => {});
      const announced = page.waitForResponse('**/v1/uploads');
      await chooseFiles(page, await draw(6));
      const { id } = await (await announced).json();
      const deleted = page.waitForResponse((answer) => answer.request().method() === 'DELETE');
      await cardOf(page, '6.png').getByRole('button', { name: 'Cancel' }).click();
      await deleted;
      expect((await stack.call(`/v1/analyses/${id}`)).status).toBe(404);
      await cardOf(page, '6.png').waitFor({ state: 'detached' });
      await expect.poll(nameFocused).toBe('5.png'); // the keys go on from the card beside it
    });

    const nameFocused = () => page.evaluate("document.activeElement.getAttribute('aria-label')");

    test('when a picture is dropped with a question, the model is asked it, and the answer is shown', async () => {
      gemini.script(() => ({ kind: 'answer', answer: { ...ANSWER, answer: 'Four quarters.' } }));
      await page.getByLabel('Question').fill('What is it?');
      await dropFile(page, await draw(7));
      const card = cardOf(page, '7.png');
      expect(await readText(card.locator('.answer'))).toContain('Four quarters.');
      const asked = gemini.requests.findLast(({ body }) => body);
      expect(JSON.stringify(asked?.body)).toContain('What is it?');
    });

    test('when a picture is pasted, it is analysed; pinched, it grows, and its boxes with it', async () => {
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      const { buffer } = await draw(9);
      await page.evaluate(`(async () => {
        const bytes = Uint8Array.from(atob('${buffer.toString('base64')}'), (c) => c.charCodeAt(0));
        const picture = new Blob([bytes], { type: 'image/png' });
        await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
      })()`);
      await page.keyboard.press('ControlOrMeta+v');
      const card = page.getByRole('article');
      await card.locator('.result .caption').waitFor();
      const raw = await readRaw(card);
      const frame = card.locator('.frame');
      const before = await card.locator('.layer img').boundingBox();
      await pinch(frame, 60);
      const after = await card.locator('.layer img').boundingBox();
      expect(after?.width).toBeCloseTo((before?.width ?? 0) * 2, 0);
      await expectBoxesInPlace(card, raw);
    });

    test('when a folder is dropped, the files in it are added; words go to the field, links nowhere', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'sightline-'));
      mkdirSync(join(folder, 'inner'));
      writeFileSync(join(folder, 'inner', 'found.png'), '');
      writeFileSync(join(folder, '.hidden'), '');
      await dragOnto(page.locator('.drop'), { items: [], files: [folder] });
      const card = cardOf(page, 'found.png');
      await card.getByText('The file is empty.').waitFor();
      expect(await page.getByRole('article').count()).toBe(1);
      const words = { mimeType: 'text/plain', data: 'What is it?' };
      await dragOnto(page.getByLabel('Question'), { items: [words] });
      const link = { mimeType: 'text/uri-list', data: 'https://example.com/' };
      await dragOnto(page.locator('.drop'), { items: [link] });
      expect(await page.getByLabel('Question').inputValue()).toBe('What is it?');
      expect(page.url()).toContain(stack.info.apiUrl);
      rmSync(folder, { recursive: true });
    });

    test('when a recording is chosen, its times seek, and its transcript follows, from its link too, known or not', async () => {
      const line = (start: number, text: string) => ({ start, end: start + 2, speaker: '1', text });
      const answer = {
        summary: 'Somebody counts.',
        languages: ['en'],
        speakers: [],
        segments: [line(0, 'One.'), line(2, '<b>Two.</b>'), line(4, 'Three.')],
        ...INSTRUCTED,
      };
      gemini.script(() => ({ kind: 'answer', answer }));
      await chooseFiles(page, { name: 'count.wav', mimeType: 'audio/wav', buffer: writeWav(6) });
      const card = cardOf(page, 'count.wav');
      await card.getByRole('button', { name: 'Play from 0:02' }).click();
      await card.locator('[aria-current="time"]').filter({ hasText: '<b>Two.</b>' }).waitFor();
      await card.locator('audio').evaluate((audio: { pause(): void }) => audio.pause());

      const { id } = await readRaw(card);
      const { links } = await readJson(await stack.call(`/v1/analyses/${id}`));
      const file = await fetch(links.file, { headers: { range: 'bytes=0-3' } });
      expect(await file.text()).toBe('RIFF');
      expect(file.headers.get('content-disposition')).toBe('attachment');
      await card.getByRole('link', { name: 'count.wav' }).click();
      await page.reload();
      await page.getByRole('button', { name: 'Play from 0:02' }).click();
      const moment = page.locator('[aria-current="time"]').filter({ hasText: '<b>Two.</b>' });
      await moment.waitFor();
      await page.getByText('Run again with another analyzer').click();
      await page.getByText('There is no other analyzer').waitFor();

      await page.getByRole('link', { name: 'Add' }).click();
      await chooseFiles(page, { name: 'known.wav', mimeType: 'audio/wav', buffer: writeWav(6) });
      await cardOf(page, 'known.wav').getByText('Known before').waitFor();
      await cardOf(page, 'known.wav').getByRole('link', { name: 'known.wav' }).click();
      await page.reload(); // what was chosen here is forgotten: it plays the one that was analysed
      await page.getByRole('button', { name: 'Play from 0:02' }).click();
      await moment.waitFor();
    });

    test('when a document is chosen, it is shown page by page, and from its link run again with another analyzer', async () => {
      const answer = {
        ...{
          caption: 'A letter.',
          type: 'letter',
          title: '',
          language: 'en',
          summary: 'Greetings.',
        },
        pages: [
          { page: 1, text: 'Dear reader' },
          { page: 2, text: 'Yours' },
        ],
        tables: [{ page: 2, title: 'Sums', columns: ['What'], rows: [['Pen']] }],
        fields: [{ page: 1, name: 'To', value: '<i>you</i>' }],
        ...INSTRUCTED,
      };
      gemini.script(() => ({ kind: 'answer', answer }));
      const buffer = Buffer.from(writePdf({ texts: ['Dear reader', 'Yours'] }));
      await chooseFiles(page, { name: 'letter.pdf', mimeType: 'application/pdf', buffer });
      const card = cardOf(page, 'letter.pdf');
      await card.getByText('Page 2', { exact: true }).waitFor();
      expect(await readText(card.locator('.pages'))).toContain('Yours');
      expect(await readText(card.getByRole('table', { name: 'Sums' }))).toContain('Pen');
      expect(await readText(card.getByRole('region', { name: 'Fields' }))).toContain('<i>you</i>');
      await card.locator('.layer img').waitFor(); // its first page, drawn by the service

      await card.getByRole('link', { name: 'letter.pdf' }).click();
      await page.reload(); // from here on the file is in storage alone
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download the document' }).click();
      expect((await download).suggestedFilename()).toMatch(/\.pdf$/);
      await page.getByText('Run again with another analyzer').click();
      const choice = page.getByLabel('Analyzer');
      expect(await choice.locator('option').allTextContents()).not.toContain('describe');
      await choice.selectOption('extract');
      gemini.script(() => ({
        kind: 'answer',
        answer: { ...INSTRUCTED, caption: 'A sum.', result: { total: 7, date: 'today' } },
      }));
      await page.getByRole('button', { name: 'Run' }).click();
      await page.locator('.facts').filter({ hasText: 'total7datetoday' }).waitFor();
    });

    test('when the link of an analysis is opened, it is shown, and deleted for good', async () => {
      const name = '<img src=x onerror=alert(1)>\u202egnp.png';
      const { buffer: bytes } = await draw(8);
      const id = await upload(stack, { filename: name, contentType: 'image/png', bytes });
      await waitForEnd(stack, id);
      await page.goto(`${stack.info.apiUrl}/#/analyses/${id}`);
      const card = page.getByRole('article');
      expect(await readRaw(card)).toMatchObject({ id, source: { filename: name } });
      expect(await readText(card.locator('h1 bdi'))).toBe(name.replace('\u202e', 'U+202E'));
      expect(await card.getAttribute('aria-label')).toContain('[U+202E]gnp.png');
      expect(await page.locator('img[src="x"]').count()).toBe(0);
      const ask = card.getByRole('button', { name: 'Delete', exact: true });
      const sure = card.getByRole('button', { name: 'Really delete?' });
      const spoken = page.locator('p[role="status"].out-of-sight');
      await ask.click();
      const first = await readText(spoken);
      expect(first).toBe('Really delete?');
      await sure.press('Escape');
      await ask.click();
      await expect.poll(() => readText(spoken)).not.toBe(first); // or it would not be heard again
      await page.keyboard.press('Tab');
      await ask.click();
      expect((await stack.call(`/v1/analyses/${id}`)).status).toBe(200);
      await sure.click();
      await page.waitForURL('**/#/library');
      expect((await stack.call(`/v1/analyses/${id}`)).status).toBe(404);
      await page.goBack();
      await page.getByText('There is no such analysis.').waitFor();
      expect(watched.complaints.splice(0)).toEqual([expect.stringContaining('404')]); // the browser's own
    });

    test('when only the keyboard is used, a file is chosen, its boxes are walked through and the picture is zoomed', async () => {
      const press = async (key: string, times = 1) => {
        for (let count = 0; count < times; count += 1) await page.keyboard.press(key);
      };
      const tabTo = async (selector: string) => {
        for (let count = 0; count < 40; count += 1) {
          await press('Tab');
          if (await page.locator(`${selector}:focus`).count()) return;
        }
        throw new Error(`no Tab leads to ${selector}`);
      };
      page.on('filechooser', (chooser) => void chooser.setFiles(PHOTO));
      await page.getByText('Choose files').waitFor();
      await tabTo('.ways button');
      await press('Enter');
      const card = cardOf(page, 'rocket.jpg');
      await card.locator('.result .caption').waitFor();
      await tabTo('.frame');
      const before = await card.locator('.layer img').boundingBox();
      await press('+', 2);
      await press('ArrowRight');
      const after = await card.locator('.layer img').boundingBox();
      expect(after?.width).toBeCloseTo((before?.width ?? 0) * 2.25, 0);
      await tabTo('.legend button');
      expect(await readText(card.locator('.box.pointed'))).toBe('rocket');
      await press('Tab');
      expect(await readText(card.locator('.box.pointed'))).toBe('<b>tower</b>');
    });

    test('when a script gets into the page, the browser does not run it', async () => {
      await page.getByText('Choose files').waitFor();
      await page.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'window.wasRun = true';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img src="/icon.svg" onload="window.wasRun = true">');
    `);
      await expect.poll(() => watched.complaints.join()).toContain('script-src-attr');
      expect(watched.complaints.join()).toContain('script-src-elem');
      expect(await page.evaluate('window.wasRun')).toBeUndefined();
      watched.complaints.length = 0;
    });

    test('when the service has no real model, it says how to set a key', async () => {
      const model = { standIn: true, names: [] };
      await page.route('**/config.json', (route) =>
        route.fulfill({ json: { apiKey: stack.info.apiKey, model } }),
      );
      await page.reload();
      await page.getByText('GEMINI_API_KEY=… npm start').waitFor();
    });
  },
);
