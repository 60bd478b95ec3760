import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { DESCRIBE_ANSWER } from './describe-answer.ts';

/** A picture to show the page with, and what a model says of it. */
export interface ShownPicture {
  name: string;
  answer: object;
  draw(): Promise<Buffer>;
}

const rocket = readFileSync(new URL('../fixtures/rocket.jpg', import.meta.url));
const cat = readFileSync(new URL('../fixtures/chelsea.png', import.meta.url));

const ROCKET = {
  scene: 'outdoors',
  caption: 'A rocket stands on its launch pad at dusk, lit from below.',
  tags: ['rocket', 'launch pad', 'dusk', 'spaceflight'],
  objects: [
    { label: 'rocket', box_2d: [280, 470, 920, 545] },
    { label: 'lightning tower', box_2d: [20, 0, 990, 140] },
    { label: 'lightning tower', box_2d: [20, 875, 990, 1000] },
  ],
};
const CAT = {
  caption: 'A ginger cat looks into the camera.',
  tags: ['cat', 'animal', 'portrait'],
  objects: [{ label: 'cat', box_2d: [20, 60, 990, 940] }],
};

/** The newest first. Every one has bytes of its own, so that each is asked about. */
export const PICTURES: ShownPicture[] = [
  picture('launch-pad.jpg', rocket, ROCKET),
  picture('chelsea.jpg', cat, CAT),
  ...Array.from({ length: 10 }, (_, index) => {
    const [file, answer, name] =
      index % 2 ? ([cat, CAT, 'cat'] as const) : ([rocket, ROCKET, 'pad'] as const);
    return picture(`${name}-${index + 1}.jpg`, file, answer, index * 33);
  }),
];

function picture(name: string, file: Buffer, answer: object, hue = 0): ShownPicture {
  return {
    name,
    answer: { ...DESCRIBE_ANSWER, ...answer },
    draw: () =>
      sharp(file)
        .modulate({ hue })
        .jpeg({ quality: 90 })
        .withExif({ IFD0: { Software: name } })
        .toBuffer(),
  };
}
