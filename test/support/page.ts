import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { CORNERS } from './pictures.ts';

/** Where a browser may round to, in pixels. */
const BOX_TOLERANCE = 2;
/** A level of a colour, after JPEG. */
const COLOUR_TOLERANCE = 40;

/** What tests read of an analysis. */
interface ShownAnalysis {
  id: string;
  source: { filename: string; width: number; height: number };
  result: { objects: { label: string; box: Record<'x' | 'y' | 'width' | 'height', number> }[] };
}

export interface PageFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

export async function chooseFiles(page: Page, files: string | PageFile | PageFile[]) {
  await page.getByText('Choose files').waitFor(); // before, nobody listens to what is chosen
  await page.locator('input[type="file"]').first().setInputFiles(files);
}

export function cardOf(page: Page, name: string): Locator {
  return page.getByRole('article', { name, exact: true });
}

export async function readText(element: Locator): Promise<string> {
  return (await element.textContent()) ?? '';
}

/** The raw JSON, as the card shows it. */
export async function readRaw(card: Locator): Promise<ShownAnalysis> {
  await card.getByText('Raw JSON').click();
  return JSON.parse(await readText(card.locator('pre')));
}

/** Lets go of a file over the page, as a hand with a mouse does. */
export async function dropFile(page: Page, { name, mimeType, buffer }: PageFile) {
  const transfer = await page.evaluateHandle(
    `(() => {
      const bytes = Uint8Array.from(atob('${buffer.toString('base64')}'), (c) => c.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], '${name}', { type: '${mimeType}' }));
      return transfer;
    })()`,
  );
  const drop = page.locator('.drop');
  await drop.dispatchEvent('dragover', { dataTransfer: transfer });
  await drop.dispatchEvent('drop', { dataTransfer: transfer });
}

/** What a hand drags from outside: paths of files or folders, or words of a type. */
interface Dragged {
  items: { mimeType: string; data: string }[];
  files?: string[];
}

/** Drags something over an element and lets go of it there, through the browser itself. */
export async function dragOnto(element: Locator, dragged: Dragged) {
  const { x, y } = await findCentre(element);
  const session = await element.page().context().newCDPSession(element.page());
  const data = { ...dragged, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x, y, data });
  await session.detach();
}

/** Two fingers on an element, so many pixels apart, and then twice as far. */
export async function pinch(element: Locator, apart: number) {
  const { x, y } = await findCentre(element);
  const session = await element.page().context().newCDPSession(element.page());
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...places: number[]) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: places.map((place, id) => ({ x: x + place, y, id })),
    });
  await touch('touchStart', -apart / 2);
  await touch('touchStart', -apart / 2, apart / 2);
  for (const by of [1.25, 1.5, 1.75, 2])
    await touch('touchMove', (-apart / 2) * by, (apart / 2) * by);
  await touch('touchEnd');
  await session.detach();
}

async function findCentre(element: Locator) {
  await element.scrollIntoViewIfNeeded();
  const box = await element.boundingBox();
  if (!box) throw new Error('The element is not shown.');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** The card's picture has a box for each object, and each lies where the analysis says. */
export async function expectBoxesInPlace(card: Locator, { result }: ShownAnalysis) {
  const image = card.locator('.layer img');
  await image.evaluate((element: { decode(): Promise<void> }) => element.decode());
  const picture = await image.boundingBox();
  if (!picture) throw new Error('The picture is not shown.');
  expect(picture.width).toBeGreaterThan(100);
  expect(await card.locator('.box').count()).toBe(result.objects.length);
  for (const { label, box } of result.objects) {
    const drawn = await card.locator('.box').filter({ hasText: label }).boundingBox();
    expectNear(drawn?.x, picture.x + box.x * picture.width);
    expectNear(drawn?.y, picture.y + box.y * picture.height);
    expectNear(drawn?.width, box.width * picture.width);
    expectNear(drawn?.height, box.height * picture.height);
  }
}

function expectNear(actual = Number.NaN, expected: number, tolerance = BOX_TOLERANCE) {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance);
}

/** The marker picture is shown with its first corner top left, whatever its file says of turning it. */
export async function expectUpright(card: Locator) {
  const shown = await card.locator('.layer img').evaluate(readCornersShown);
  for (const [index, level] of shown.entries())
    expectNear(level, CORNERS.flat()[index] ?? 0, COLOUR_TOLERANCE);
}

/** Runs in the page: three levels a quarter, of the picture as it is shown. */
function readCornersShown(image: unknown): number[] {
  // biome-ignore lint/suspicious/noExplicitAny: the page's own types are not known here
  const { document } = globalThis as any;
  const canvas = document.createElement('canvas');
  canvas.width = 4;
  canvas.height = 4;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(image, 0, 0, 4, 4);
  const corners = [0, 1, 2, 3].map((corner) => [corner % 2 ? 3 : 0, corner < 2 ? 0 : 3]);
  return corners.flatMap(([x, y]) => [...context.getImageData(x, y, 1, 1).data].slice(0, 3));
}

/** A quiet recording of so many seconds: PCM of 8 bits, 8,000 samples a second. */
export function writeWav(seconds: number): Buffer {
  const samples = Buffer.alloc(8_000 * seconds, 128);
  const header = Buffer.alloc(44);
  header.write('RIFF____WAVEfmt ', 'latin1');
  header.writeUInt32LE(36 + samples.length, 4);
  header.set([16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0], 16);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

/** From now on, the steps that the page goes through and the amounts that it tells, in their order. */
export async function recordProgress(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(`
    seen = [];
    new MutationObserver(() => {
      const step = document.querySelector('.steps [aria-current]')?.dataset.step;
      const amount = document.querySelector('.progress .amount')?.textContent;
      for (const one of [step, amount]) if (one && !seen.includes(one)) seen.push(one);
    }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  `);
  return () => page.evaluate('seen');
}
