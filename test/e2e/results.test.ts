import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBuiltIn, listBuiltIn } from '../../lib/analyzers/registry.ts';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';
import { findChromium, launchChromium, openPage, type WatchedPage } from '../support/chromium.ts';
import { type Picture, upload, waitForEnd } from '../support/client.ts';
import { expectToFit } from '../support/layout.ts';
import { LABELS, MODEL_ANSWERS, NESTED_SCHEMA } from '../support/model-answers.ts';
import { writePdf } from '../support/pdf.ts';
import { writeWave } from '../support/sound.ts';
import { createHome, type RunningStack, startStack } from '../support/stack.ts';

// What the page makes of the result of every analyzer, in the shape that a real model gives it.

const KEY = 'key-of-the-test';
const OWN = 'receipts';
const chromium = findChromium();

const fixture = (path: string) => readFileSync(new URL(`../fixtures/${path}`, import.meta.url));
const FILES = {
  image: { filename: 'rocket.jpg', contentType: 'image/jpeg', bytes: fixture('rocket.jpg') },
  document: {
    filename: 'invoice.pdf',
    contentType: 'application/pdf',
    bytes: writePdf({ texts: ['Invoice 2041', 'Two'] }),
  },
  video: { filename: 'ball.mp4', contentType: 'video/mp4', bytes: fixture('media/tiny.mp4') },
  audio: { filename: 'count.wav', contentType: 'audio/wav', bytes: writeWave(4) },
};

/** What has to be read in each, a line for each part, as it stands under its label. */
const TOLD: Record<string, string[]> = {
  describe: [
    'Two astronauts stand before a rocket.',
    'scene A launch pad at dusk',
    'people 2',
    'EXIT 4 No entry',
    'self-harm: not rated weapons: low',
  ],
  'read-text': ['languages German, Traditional Chinese', 'Guten Tag Bitte nicht betreten'],
  moderate: [
    'violence: high (blood on the floor)',
    'self-harm: low (a scar)',
    'weapons: medium (a knife on the table)',
  ],
  classify: ['label photo confidence high reason natural light and depth also fits screenshot'],
  extract: [
    'shop name Tea House address street 1 Long Road postal code not given',
    'lines name price extras Tea 3.5 milk, sugar Cake 4',
    'categories food, drink objects cup, saucer',
    'tags name weight cosy 0.8',
    'text Thank you, Come again people 3 is paid yes grid 1 2 3 4',
  ],
  'describe-document': [
    'type invoice title Invoice 2041 language English',
    'Invoice number 2041 page 1',
    'Item Quantity Price Garden chair 4 480.00',
    'This page could not be read.',
  ],
  'describe-video': [
    'people 2 languages English',
    'self-harm: low (a bandaged wrist)',
    'self-harm, low a bandaged wrist',
    '1 person',
    'TAKE 2',
  ],
  transcribe: [
    'languages English, Brazilian Portuguese',
    'speakers 1: the host 2: a caller',
    '1: One.',
  ],
};
const extracted = MODEL_ANSWERS.find(({ analyzer }) => analyzer === 'extract');
const ALL = [
  ...MODEL_ANSWERS,
  { analyzer: OWN, medium: 'image' as const, answer: extracted?.answer ?? {} },
];

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
  const body = JSON.stringify({ prompt: 'Read the receipt.', schema: NESTED_SCHEMA });
  const headers = { 'content-type': 'application/json' };
  await stack.call(`/v1/analyzers/${OWN}`, { method: 'PUT', headers, body });
});
afterAll(async () => {
  await Promise.all([browser?.close(), stack?.stop()]);
  await gemini?.close();
});

/** The analysis by this analyzer, shown with all of its details open. */
async function show(analyzer: string, file: Picture, options?: object) {
  const wish = { analyzer, ...(options && { options }) };
  const analysis = await waitForEnd(stack, await upload(stack, file, wish));
  await page.goto(`${stack.info.apiUrl}/#/settings`); // so that no other result is there
  await page.locator('.choices').waitFor();
  await page.goto(`${stack.info.apiUrl}/#/analyses/${analysis.id}`);
  await page.locator('.result').waitFor();
  await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
  return analysis;
}

/** What is read, without the raw JSON, which is folded away and says what it is. */
const readShown = () =>
  page.evaluate<string>(`(() => {
    const shown = document.querySelector('.result').cloneNode(true);
    for (const one of shown.querySelectorAll('pre')) one.remove();
    const parts = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
    const words = [];
    while (parts.nextNode()) words.push(parts.currentNode.textContent);
    return words.join(' ').replaceAll(/\\s+/g, ' ').replaceAll(/ (?=[:)])|(?<=\\() /g, '');
  })()`);
const readLabels = () =>
  page.evaluate<
    string[]
  >(`[...document.querySelectorAll('.result :is(dt, th, .moderation li, summary, .section-title)')]
    .map((one) => one.textContent.trim())`);

describe.skipIf(!chromium)('given an analysis', { timeout: 60_000 }, () => {
  test('of every built-in analyzer there is an answer to show', () => {
    expect(MODEL_ANSWERS.map(({ analyzer }) => analyzer)).toEqual(
      listBuiltIn().map(({ name }) => name),
    );
  });

  test.each(ALL.map((one) => [one.analyzer, one] as const))(
    'by %s, its result reads well at every width',
    async (name, one) => {
      const { medium, options, answer } = one;
      gemini.script(() => ({ kind: 'answer', answer, modelVersion: 'gemini-3.8-flash' }));
      const { status, result, source } = await show(name, FILES[medium], options);
      const { durationSeconds } = source;
      const asked = { medium, options, durationSeconds };
      const parsed = findBuiltIn(name === OWN ? 'extract' : name)
        ?.createQuestion({ ...asked, ...(name === OWN && { options: { schema: NESTED_SCHEMA } }) })
        .parse(answer);
      expect({ status, result }).toEqual({ status: 'succeeded', result: parsed?.result });

      const shown = await readShown();
      for (const words of TOLD[name === OWN ? 'extract' : name] ?? [])
        expect(shown).toContain(words);
      expect(shown).not.toMatch(/\[object|\bundefined\b|\bnull\b|\bNaN\b|[{}]|":/);
      const labels = await readLabels();
      expect(labels.filter((label) => /^\d+\b|[a-z][A-Z]|_/.test(label))).toEqual([]);
      await expectToFit(page, name);
      expect(watched.complaints).toEqual([]);
    },
  );

  test('by the stand-in, what nobody rated, counted or read is said to be so', async () => {
    gemini.script([]);
    const cat = { filename: 'cat.png', contentType: 'image/png', bytes: fixture('chelsea.png') };
    const told = [
      ['describe', 'people not counted text not read Moderation Not rated'],
      ['read-text', 'text not read'],
      ['moderate', 'Moderation Not rated'],
      ['classify', 'label not classified'],
    ] as const;
    for (const [name, words] of told) {
      await show(name, cat, name === 'classify' ? { labels: LABELS } : undefined);
      const shown = await readShown();
      expect(shown).toContain(words);
      expect(shown).toContain('Measured by the stand-in');
      expect(shown).not.toMatch(/\bnone\b|\bnull\b|unrated|nothing of note/);
    }
  });
});
