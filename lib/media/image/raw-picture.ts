/** Decoded pixels, upright, 8 bits a channel, red first, row by row from the top. */
export interface RawPicture {
  data: Uint8Array<ArrayBuffer>;
  width: number;
  height: number;
  channels: 1 | 3 | 4;
}
