import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { DEFAULT_MODELS } from '../local/gemini/models.ts';
import { startGemini } from '../local/gemini/server.ts';
import { findChromium, launchChromium } from './support/chromium.ts';
import { readJson } from './support/client.ts';
import { PICTURES, type ShownPicture } from './support/gallery.ts';
import { takeShot } from './support/shot.ts';
import { createHome, type RunningStack, startStack } from './support/stack.ts';

// `npm run screenshots`: every view of the page, on a phone, on a laptop and in the dark, into docs/screenshots/.

const FOLDER = fileURLToPath(new URL('../docs/screenshots', import.meta.url));
const KEY = 'key-of-the-screenshots';
const SIZES = {
  phone: { width: 390, height: 844 },
  laptop: { width: 1280, height: 800 },
  dark: { width: 1280, height: 800 },
};
/** Of a palette: a page has few colours, its pictures get by. */
const COLOURS = 96;
const MAX_BYTES = 150_000;

const VIEWS: Record<string, (page: Page, id: string) => Promise<void>> = {
  upload: showUpload,
  analysis: async (page, id) => {
    await page.goto(`${origin(page)}/#/analyses/${id}`);
    await page.locator('.frame img').waitFor();
    await page.locator('.thumbnail .icon').waitFor({ state: 'detached' });
  },
  library: async (page) => {
    await page.goto(`${origin(page)}/#/library`);
    await page.locator('.tile img').first().waitFor();
    await page.locator('.tile .icon').first().waitFor({ state: 'detached' });
  },
  analyzers: async (page) => {
    await page.goto(`${origin(page)}/#/analyzers/shelf`);
    await page.locator('#schema').waitFor();
  },
  usage: async (page) => {
    await page.goto(`${origin(page)}/#/usage`);
    await page.locator('.chart').first().waitFor();
  },
  settings: async (page) => {
    await page.goto(`${origin(page)}/#/settings`);
    await page.getByRole('radio').first().waitFor();
  },
};

const program = findChromium();
if (!program) throw new Error('Screenshots need a Chromium.');
const gemini = await startGemini({ apiKey: KEY });
const home = await createHome({
  GEMINI_API_KEY: KEY,
  GEMINI_BASE_URL: gemini.url,
  RATE_LIMIT_PER_MINUTE: '60',
});
const [browser, stack] = await Promise.all([launchChromium(program), startStack(home)]);
try {
  await takeAll(browser, stack);
} finally {
  await Promise.all([browser.close(), stack.stop()]);
  await gemini.close();
}

async function takeAll(browser: Browser, stack: RunningStack): Promise<void> {
  const id = await fill(stack);
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const [size, viewport] of Object.entries(SIZES)) {
    const colorScheme = size === 'dark' ? 'dark' : 'light';
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.goto(stack.info.apiUrl);
    for (const [view, show] of Object.entries(VIEWS)) {
      await show(page, id);
      await page.evaluate('scrollTo(0, 0)');
      await keep(`${view}-${size}.png`, await takeShot(page));
    }
    await context.close();
  }
}

async function keep(name: string, shot: Buffer): Promise<void> {
  const small = await sharp(shot).png({ palette: true, colours: COLOURS, effort: 10 }).toBuffer();
  if (small.length > MAX_BYTES) throw new Error(`${name} has ${small.length} bytes`);
  writeFileSync(join(FOLDER, name), small);
  console.log(name, small.length);
}

/** Analyses to look at, and an analyzer of one's own; the id of the first of them. */
async function fill({ call }: RunningStack): Promise<string> {
  const json = { 'content-type': 'application/json' };
  const shelf = {
    prompt: 'Is the shelf full? Name each product that is missing.',
    schema: {
      type: 'object',
      properties: {
        full: { type: 'boolean' },
        missing: { type: 'array', items: { type: 'string' } },
      },
      required: ['full', 'missing'],
    },
  };
  await call('/v1/analyzers/shelf', { method: 'PUT', headers: json, body: JSON.stringify(shelf) });
  const ids: string[] = [];
  for (const picture of PICTURES.toReversed()) ids.push(await analyse(call, picture));
  return ids.at(-1) ?? '';
}

async function analyse(call: RunningStack['call'], picture: ShownPicture): Promise<string> {
  say(picture.answer);
  const form = new FormData();
  form.append('file', new Blob([await picture.draw()], { type: 'image/jpeg' }), picture.name);
  const answer = await call('/v1/analyze', { method: 'POST', body: form });
  const { id } = await readJson(answer);
  return id;
}

/** As a model would, by its name: the words are made up all the same. */
function say(answer: object): void {
  gemini.script(() => ({ kind: 'answer', answer, modelVersion: DEFAULT_MODELS[0] }));
}

async function showUpload(page: Page): Promise<void> {
  await page.goto(`${origin(page)}/#/`);
  const [first] = PICTURES;
  if (!first) return;
  say(first.answer);
  const picker = page.locator('input[type=file]').first();
  const file = { name: first.name, mimeType: 'image/jpeg', buffer: await first.draw() };
  await picker.setInputFiles(file);
  await page.locator('.frame img').waitFor();
}

function origin(page: Page): string {
  return new URL(page.url()).origin;
}
