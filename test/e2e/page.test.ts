import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';
import { findChromium, launchChromium, openPage, type WatchedPage } from '../support/chromium.ts';
import { upload, waitForEnd } from '../support/client.ts';
import { DESCRIBE_ANSWER } from '../support/describe-answer.ts';
import {
  dropFile,
  expectBoxesInPlace,
  readRaw,
  readText,
  recordProgress,
} from '../support/page.ts';
import { drawMarker } from '../support/pictures.ts';
import { createHome, type RunningStack, startStack } from '../support/stack.ts';

const PHOTO = fileURLToPath(new URL('../fixtures/rocket.jpg', import.meta.url));
const KEY = 'key-of-the-test';
const chromium = findChromium();

const ANSWER = {
  ...DESCRIBE_ANSWER,
  caption: 'A rocket <img src=x onerror=alert(1)> at dusk',
  objects: [
    { label: 'rocket', box_2d: [280, 470, 920, 545] },
    { label: '<b>tower</b>', box_2d: [0, 850, 990, 1000] },
  ],
};

let browser: Browser;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  if (chromium) browser = await launchChromium(chromium);
});
afterAll(() => browser?.close());

async function open(stack: RunningStack) {
  watched = await openPage(browser, stack.info.apiUrl);
  page = watched.page;
  await page.locator('#intake').waitFor(); // before, nobody listens to what is chosen
}

async function closeUncomplained() {
  await watched.close();
  expect(watched.complaints).toEqual([]);
}

function cardOf(name: string): Locator {
  return page.getByRole('article', { name, exact: true });
}

function rowsOf(name: string): Locator {
  return page.locator('#history-list li').filter({ hasText: name });
}

function sizeOf(image: { naturalWidth: number; naturalHeight: number }) {
  return { width: image.naturalWidth, height: image.naturalHeight };
}

function chooseFile(file: string | { name: string; mimeType: string; buffer: Buffer }) {
  return page.locator('#files').setInputFiles(file);
}

describe.skipIf(!chromium)('given a page whose service has a Gemini key', () => {
  let gemini: Gemini;
  let stack: RunningStack;

  beforeAll(async () => {
    gemini = await startGemini({ apiKey: KEY });
    const model = { GEMINI_API_KEY: KEY, GEMINI_BASE_URL: gemini.url };
    stack = await startStack(await createHome(model));
  });
  afterAll(async () => {
    await stack?.stop();
    await gemini?.close();
  });
  beforeEach(async () => {
    gemini.script(() => ({ kind: 'answer', answer: ANSWER }));
    await open(stack);
  });
  afterEach(closeUncomplained);

  test('when a photo is chosen, its result is shown, with boxes where the analysis has them', async () => {
    await chooseFile(PHOTO);
    const card = cardOf('rocket.jpg');
    await card.locator('.caption').waitFor();
    const raw = await readRaw(card);
    const stored = await stack.call(`/v1/analyses/${raw.id}`);
    expect(raw).toEqual(await stored.json());
    expect(raw.result.objects).toHaveLength(2);
    await expectBoxesInPlace(card, raw);
    await page.setViewportSize({ width: 390, height: 800 });
    await expectBoxesInPlace(card, raw);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });

  test('when the model’s words hold HTML, it is shown as text', async () => {
    await chooseFile(PHOTO);
    const card = cardOf('rocket.jpg');
    expect(await readText(card.locator('.caption'))).toBe(ANSWER.caption);
    expect(await readText(card.locator('.legend'))).toContain('<b>tower</b>');
    await rowsOf(ANSWER.caption).first().waitFor();
    expect(await page.locator('img[src="x"], main b').count()).toBe(0);
  });

  test('when the file’s name holds HTML, it is shown as text', async () => {
    const name = '<img src=x onerror=alert(1)>\u202egnp.jpg';
    const buffer = await drawMarker().jpeg().toBuffer();
    await chooseFile({ name, mimeType: 'image/jpeg', buffer });
    await rowsOf(ANSWER.caption).first().waitFor();
    const card = page.getByRole('article').filter({ hasText: 'onerror=alert(1)>' }).first();
    await card.locator('.caption').waitFor();
    expect(await readRaw(card)).toMatchObject({ source: { filename: name } });
    expect(await page.locator('img[src="x"]').count()).toBe(0);
  });

  test('when there are too many, it says how long it waits, and goes on by itself', async () => {
    let refusals = 2;
    await page.route('**/v1/uploads', async (route) => {
      refusals -= 1;
      if (refusals < 0) return route.continue();
      const headers = { 'retry-after': '1' };
      return route.fulfill({ status: 429, headers, json: { code: 'rate_limited', retryAfter: 1 } });
    });
    await chooseFile(PHOTO);
    const card = cardOf('rocket.jpg');
    await card.getByText('Too many pictures at once. Going on in 1 s…').waitFor();
    await card.locator('.caption').waitFor();
    expect(refusals).toBe(-1);
    watched.complaints.length = 0; // the browser's own, of each 429
  });

  test('when the upload is slow and the model, too, progress and stages are seen', async () => {
    gemini.script(() => ({ kind: 'slow', milliseconds: 2_000 }));
    const listSeen = await recordProgress(page);
    const buffer = await drawMarker().resize(800).png().toBuffer();
    await chooseFile({ name: 'slow.png', mimeType: 'image/png', buffer });
    await cardOf('slow.png').locator('.caption').waitFor();
    const seen = await listSeen();
    expect(seen[0]).toBe('uploading');
    expect(seen).toContainEqual(expect.stringMatching(/^0 % · 0 bytes of [\d.]+ KB$/));
    expect(seen).toContainEqual(expect.stringMatching(/^100 % · ([\d.]+ KB) of \1$/));
    expect(seen).toContain('analyzing');
  });

  test('when a turned photo is dropped with a question, it stands upright, boxes and all, with the answer', async () => {
    gemini.script(() => ({ kind: 'answer', answer: { ...ANSWER, answer: 'Four quarters.' } }));
    const marker = drawMarker(6).resize(480, 640, { fit: 'fill', kernel: 'nearest' }).jpeg();
    await page.getByLabel('Question').fill('What is it?');
    await dropFile(page, 'turned.jpg', 'image/jpeg', await marker.toBuffer());

    const card = cardOf('turned.jpg');
    expect(await readText(card.locator('.answer'))).toContain('Four quarters.');
    expect(JSON.stringify(gemini.requests.at(-1)?.body)).toContain('What is it?');
    const raw = await readRaw(card);
    const shown = await card.locator('.frame img').evaluate(sizeOf);
    expect(raw.source).toMatchObject({ width: 640, height: 480 });
    expect(shown).toEqual({ width: 640, height: 480 });
    await expectBoxesInPlace(card, raw);
  });

  test('when a text file is named as a picture, it is refused in plain words, and no model is asked', async () => {
    const asked = gemini.requests.length;
    const buffer = Buffer.from('Not a picture. '.repeat(40));
    await chooseFile({ name: 'notes.jpg', mimeType: 'image/jpeg', buffer });
    const problem = await readText(cardOf('notes.jpg').getByRole('alert'));
    expect(problem).toContain('This is not a picture that can be read here.');
    expect(problem).toContain('Send a JPEG, PNG, WebP');
    expect(problem).toContain('type_unsupported');
    expect(gemini.requests.length).toBe(asked);
  });

  test('when an analysis of before is opened and deleted, it is gone from page and service', async () => {
    const bytes = await drawMarker(8).jpeg().toBuffer();
    const id = await upload(stack, { filename: 'before.jpg', contentType: 'image/jpeg', bytes });
    await waitForEnd(stack, id);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('button', { name: 'before.jpg', exact: true }).click();

    const card = cardOf('before.jpg');
    expect(await readRaw(card)).toMatchObject({ id, result: { caption: ANSWER.caption } });
    await card.getByRole('button', { name: 'Delete' }).click();
    expect((await stack.call(`/v1/analyses/${id}`)).status).toBe(200);
    await card.getByRole('button', { name: 'Really delete?' }).click();
    await card.waitFor({ state: 'detached' });
    await rowsOf('before.jpg').waitFor({ state: 'detached' });
    expect((await stack.call(`/v1/analyses/${id}`)).status).toBe(404);
  });
});

describe.skipIf(!chromium)('given a page whose service has no key', () => {
  let stack: RunningStack;

  beforeAll(async () => {
    stack = await startStack(await createHome());
  });
  afterAll(() => stack?.stop());
  beforeEach(() => open(stack));
  afterEach(closeUncomplained);

  test('when it is opened, it says how to set one, and results say that they are measured', async () => {
    expect(await readText(page.locator('#notices'))).toContain('GEMINI_API_KEY=… npm start');
    await chooseFile(PHOTO);
    const card = cardOf('rocket.jpg');
    expect(await readText(card.locator('.caption'))).toContain('Measured, not understood');
    expect(await readText(card.locator('.findings .notice'))).toContain('understands nothing');
  });
});
