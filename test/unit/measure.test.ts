import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { measurePicture } from '../../local/gemini/measure.ts';

const fixture = (name: string) => readFile(new URL(`../fixtures/${name}`, import.meta.url));

const solid = (background: string) =>
  sharp({ create: { width: 60, height: 40, channels: 3, background } })
    .jpeg()
    .toBuffer();

const plane = (width: number, height: number, background: string) => ({
  create: { width, height, channels: 3 as const, background },
});
const drawChart = () =>
  sharp(plane(900, 600, '#ffffff')).composite([
    { input: plane(240, 450, '#1e62d0'), left: 80, top: 100 },
    { input: plane(200, 350, '#e07b20'), left: 440, top: 200 },
  ]);

describe('measuring a picture', () => {
  test.each([
    ['#000000', 'black'],
    ['#808080', 'grey'],
    ['#ffffff', 'white'],
    ['#d01020', 'red'],
    ['#ff8800', 'orange'],
    ['#7a4a20', 'brown'],
    ['#ecdcb8', 'beige'],
    ['#ffe000', 'yellow'],
    ['#30a040', 'green'],
    ['#20c0c0', 'turquoise'],
    ['#2050c0', 'blue'],
    ['#87b5e0', 'blue'],
    ['#702090', 'purple'],
    ['#ff80b0', 'pink'],
  ])('given one plane of %s, it is called %s', async (colour, name) => {
    expect((await measurePicture(await solid(colour))).colours).toEqual([name]);
  });

  test('given the photo of a cat, it is a photo, brown and grey, neither dark nor bright', async () => {
    const measured = await measurePicture(await fixture('chelsea.png'));

    expect(measured).toMatchObject({ width: 451, height: 300, kind: 'photo', transparent: false });
    expect(measured.colours).toEqual(['brown', 'grey']);
    expect(measured.brightness).toBeGreaterThan(0.4);
    expect(measured.brightness).toBeLessThan(0.5);
  });

  test('given a rocket against a night sky, it is a dark photo with blue and black', async () => {
    const measured = await measurePicture(await fixture('rocket.jpg'));

    expect(measured.kind).toBe('photo');
    expect(measured.colours).toEqual(expect.arrayContaining(['blue', 'black']));
    expect(measured.brightness).toBeLessThan(0.3);
  });

  test.each(['png', 'jpeg'] as const)('given a chart as %s, it is a graphic', async (format) => {
    const chart = await drawChart().toFormat(format).toBuffer();

    const measured = await measurePicture(chart);

    expect(measured.kind).toBe('graphic');
    expect(measured.colours).toEqual(['white', 'blue', 'orange']);
  });

  test('given the same photo out of focus, it is much less sharp, and still a photo', async () => {
    const photo = await fixture('chelsea.png');
    const blurred = await sharp(photo).blur(3).jpeg().toBuffer();

    const [clear, soft] = await Promise.all([measurePicture(photo), measurePicture(blurred)]);

    expect(soft.sharpness).toBeLessThan(clear.sharpness / 10);
    expect(soft.kind).toBe('photo');
  });

  test('given a picture with holes, it is transparent, and the holes have no colour', async () => {
    const hole = { width: 40, height: 40, channels: 4, background: '#00ff0000' } as const;
    const png = await sharp({ create: hole })
      .composite([{ input: plane(20, 20, '#d01020') }])
      .png()
      .toBuffer();

    const measured = await measurePicture(png);

    expect(measured.transparent).toBe(true);
    expect(measured.colours).toEqual(['red']);
  });

  test('given a picture of one pixel, every figure is a number', async () => {
    const dot = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();

    const { brightness, contrast, sharpness } = await measurePicture(dot);

    expect([brightness, contrast, sharpness]).toEqual([1, 0, 0]);
  });
});
