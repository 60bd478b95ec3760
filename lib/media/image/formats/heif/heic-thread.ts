import { parentPort, workerData } from 'node:worker_threads';
import libheif from 'libheif-js/libheif-wasm/libheif.js';
import type { RawPicture } from '../../pixels.ts';
import type { HeicAnswer } from './decode.ts';

/** The part of libheif's C interface that is used (libheif/api/libheif); all numbers are addresses, but for sizes. */
interface Libheif {
  HEAPU8: Uint8Array;
  HEAPU32: Uint32Array;
  _malloc(bytes: number): number;
  _heif_context_alloc(): number;
  _heif_context_read_from_memory_without_copy(
    error: number,
    context: number,
    bytes: number,
    length: number,
    options: number,
  ): void;
  _heif_context_get_primary_image_handle(error: number, context: number, handle: number): void;
  _heif_image_handle_has_alpha_channel(handle: number): number;
  _heif_decoding_options_alloc(): number;
  _heif_decode_image(
    error: number,
    handle: number,
    image: number,
    colourSpace: number,
    chroma: number,
    options: number,
  ): void;
  _heif_image_get_primary_width(image: number): number;
  _heif_image_get_primary_height(image: number): number;
  _heif_image_get_plane_readonly(image: number, channel: number, stride: number): number;
}

/** libheif, compiled to WebAssembly, with memory of its own. */
function startLibheif(): Libheif {
  const start: unknown = libheif; // declared as an ES module, which it is not
  if (typeof start !== 'function') throw new Error('libheif-js has changed its shape');
  return start();
}

// A thread that decodes one picture. What it takes of libheif's memory goes with it.

/** Values of libheif's enumerations (heif_image.h). */
const RGB = 1;
const INTERLEAVED_RGB = 10;
const INTERLEAVED_RGBA = 11;
const INTERLEAVED = 10;
/** The place of `strict_decoding` in heif_decoding_options: without it, damage is passed over. */
const STRICT_AT = 21;
/** Code, detail, address of the message. */
const ERROR_WORDS = 3;

try {
  const picture = decode(startLibheif(), workerData);
  say(picture, [picture.data.buffer]);
} catch (error) {
  say({ failure: error instanceof Error ? error.message : 'unknown' });
}

function say(answer: HeicAnswer, transferred: ArrayBuffer[] = []): void {
  parentPort?.postMessage(answer, transferred);
}

function decode(heif: Libheif, file: Uint8Array): RawPicture {
  const at = heif._malloc(file.length);
  heif.HEAPU8.set(file, at);
  const context = heif._heif_context_alloc();
  check(heif, 'read', (error) =>
    heif._heif_context_read_from_memory_without_copy(error, context, at, file.length, 0),
  );
  const handle = receive(heif, 'primary', (error, out) =>
    heif._heif_context_get_primary_image_handle(error, context, out),
  );
  const channels = heif._heif_image_handle_has_alpha_channel(handle) ? 4 : 3;
  const chroma = channels === 4 ? INTERLEAVED_RGBA : INTERLEAVED_RGB;
  const options = heif._heif_decoding_options_alloc();
  heif.HEAPU8[options + STRICT_AT] = 1;
  const image = receive(heif, 'decode', (error, out) =>
    heif._heif_decode_image(error, handle, out, RGB, chroma, options),
  );
  return copyPixels(heif, image, channels);
}

function copyPixels(heif: Libheif, image: number, channels: 3 | 4): RawPicture {
  const width = heif._heif_image_get_primary_width(image);
  const height = heif._heif_image_get_primary_height(image);
  const strideAt = heif._malloc(4);
  const plane = heif._heif_image_get_plane_readonly(image, INTERLEAVED, strideAt);
  const stride = heif.HEAPU32[strideAt / 4] ?? 0;
  const rowBytes = width * channels;
  const data = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y += 1) {
    const from = plane + y * stride;
    data.set(heif.HEAPU8.subarray(from, from + rowBytes), y * rowBytes);
  }
  return { data, width, height, channels };
}

/** Calls what answers by an address, and reads it there. */
function receive(heif: Libheif, what: string, call: (error: number, out: number) => void): number {
  const out = heif._malloc(4);
  check(heif, what, (error) => call(error, out));
  return heif.HEAPU32[out / 4] ?? 0;
}

function check(heif: Libheif, what: string, call: (error: number) => void): void {
  const error = heif._malloc(ERROR_WORDS * 4);
  call(error);
  const [code, detail] = heif.HEAPU32.subarray(error / 4, error / 4 + ERROR_WORDS);
  if (code !== 0) throw new Error(`libheif: ${what}, error ${code}.${detail}`);
}
