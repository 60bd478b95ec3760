/** Tags of TIFF 6.0 by their names there. */
export const TIFF = {
  width: 256,
  height: 257,
  sampleBits: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  planes: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileBytes: 325,
  extraSamples: 338,
  sampleFormat: 339,
  oldJpegAt: 513,
  oldJpegBytes: 514,
  oldJpegInterval: 515,
  oldJpegQuantisation: 519,
  oldJpegDc: 520,
  oldJpegAc: 521,
  subsampling: 530,
  profile: 34_675,
} as const;

export const SEPARATE_PLANES = 2;
export const OLD_JPEG = 6;
export const JPEG = 7;
