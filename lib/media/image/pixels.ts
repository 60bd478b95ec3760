import type { Sharp as Picture } from 'sharp';

export type Sharp = typeof import('sharp').default;

/** Decoded pixels, upright, 8 bits a channel, red first, row by row from the top; of two channels grey and alpha. */
export interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
}

/** Pixels that share their memory with nothing, and so may go from thread to thread. */
export interface RawPicture extends Pixels {
  data: Uint8Array<ArrayBuffer>;
  channels: 1 | 3 | 4;
}

/** Runs what is to be done to the picture. */
export async function readPixels(picture: Picture): Promise<Pixels> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { data, width, height, channels };
}

export function openPixels(sharp: Sharp, { data, width, height, channels }: Pixels): Picture {
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}
