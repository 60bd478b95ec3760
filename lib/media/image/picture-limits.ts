/** Frames of an animation and pages of a document: each costs the loader a header of its own. */
export const MAX_FRAMES = 1_000;

/**
 * Pixels along one edge: what JPEG and GIF can say at most. A row is held whole several times, and each
 * is a step of its own: a PNG of 60,000,000 pixels in one line took half a gigabyte, in one column 16 s.
 */
export const MAX_EDGE_PIXELS = 65_535;

/** Scans of a JPEG: real encoders write up to 20, and each is a pass over the whole picture. */
export const MAX_JPEG_SCANS = 100;

/** Scans × pixels of a JPEG: what its decode really costs. 20 scans of the largest picture allowed. */
export const MAX_JPEG_SCAN_PIXELS = 1_200_000_000;

/**
 * Bytes of a picture that is held whole while it is decoded: interlaced PNG, progressive JPEG, WebP, GIF
 * and AVIF. The largest picture allowed, with transparency; at 16 bits a sample half as many pixels.
 */
export const MAX_HELD_BYTES = 240_000_000;

/** Memory that the decode of an all but empty picture may take, in bytes beyond the resting process. */
export const MAX_EMPTY_BYTES = 140_000_000;

/** Long edge, in pixels, of what is sent to the model; its tokens do not depend on the size. */
export const OUTPUT_EDGE_PIXELS = 1_344;
/** The range for the long edge, in pixels, where another one makes the decode cheaper. */
export const OUTPUT_EDGE_MIN_PIXELS = 1_152;
export const OUTPUT_EDGE_MAX_PIXELS = 1_408;

/**
 * Bytes a pixel of a small JPEG up to which it leaves as it came, without its metadata: to encode it anew
 * would cost more than to decode it, and seldom make it smaller.
 */
export const MAX_OWN_BYTES_PER_PIXEL = 0.5;

/** JPEG quality (1–100) of what is sent to the model. */
export const JPEG_QUALITY = 82;
/** The same for pictures whose long edge is no longer than that many pixels: they take a few kilobytes anyway. */
export const SMALL_JPEG_QUALITY = 92;
export const SMALL_EDGE_PIXELS = 256;

/** Time of the processor for one file's decoders, in seconds; the largest valid ones, HEIC, take eight. */
export const DECODE_CPU_SECONDS = 15;

/** The limits that a stage sets: `params` in serverless.yml. */
export interface PictureLimits {
  /** Bytes of an uploaded picture; 25 MiB is three times the largest phone photo. */
  maxBytes: number;
  /**
   * Pixels of a picture, all frames of an animation together. libvips' own limit of 268 million lets a
   * WebP of 182 bytes take 1.5 GB.
   */
  maxPixels: number;
}
