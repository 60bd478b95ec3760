import type { Page } from 'playwright-core';
import sharp from 'sharp';

/** Bits of each channel by which colours are told apart. */
const COLOUR_BITS = 4;
/** Share (0–1) of one colour from which a picture counts as blank: boxes and names may be drawn over it. */
const BLANK_SHARE = 0.8;
/** Pixels: smaller ones are icons. */
const MIN_SIDE = 40;

interface Place {
  name: string;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A screenshot of what the window shows, once every picture in it is there. Throws where one is missing or blank. */
export async function takeShot(page: Page): Promise<Buffer> {
  const broken = await page.evaluate<string[]>(`(async () => {
    const all = [...document.images];
    await Promise.all(all.map((one) => one.decode().catch(() => {})));
    return all.filter(({ naturalWidth }) => naturalWidth === 0).map(({ src }) => src);
  })()`);
  if (broken.length > 0) throw new Error(`Not loaded: ${broken.join(', ')}`);
  const shot = await page.screenshot();
  for (const place of await listPictures(page))
    if (await isBlank(shot, place)) throw new Error(`A picture is blank: ${place.name}`);
  return shot;
}

/** Where the window shows pictures. */
function listPictures(page: Page): Promise<Place[]> {
  return page.evaluate<Place[]>(`[...document.images].flatMap((one) => {
    const box = one.getBoundingClientRect();
    const [left, top] = [Math.max(0, Math.ceil(box.left)), Math.max(0, Math.ceil(box.top))];
    const width = Math.min(innerWidth, Math.floor(box.right)) - left;
    const height = Math.min(innerHeight, Math.floor(box.bottom)) - top;
    return Math.min(width, height) < ${MIN_SIDE} ? [] : [{ name: one.alt || one.src, left, top, width, height }];
  })`);
}

async function isBlank(shot: Buffer, { left, top, width, height }: Place): Promise<boolean> {
  const { data } = await sharp(shot)
    .extract({ left, top, width, height })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const counts = new Map<number, number>();
  const levelAt = (index: number) => (data[index] ?? 0) >> (8 - COLOUR_BITS);
  for (let index = 0; index < data.length; index += 3) {
    const colour =
      (levelAt(index) << (2 * COLOUR_BITS)) |
      (levelAt(index + 1) << COLOUR_BITS) |
      levelAt(index + 2);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return Math.max(...counts.values()) > BLANK_SHARE * width * height;
}
