import libheif from 'libheif-js/libheif-wasm/libheif.js';

/** What is used of libheif's C interface (libheif/api/libheif); all numbers are addresses, but for sizes. */
export interface Libheif {
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
export function startLibheif(): Libheif {
  const start: unknown = libheif; // declared as an ES module, which it is not
  if (typeof start !== 'function') throw new Error('libheif-js has changed its shape');
  return start();
}
