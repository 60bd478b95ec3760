import { letHeapGrow } from './memory.ts';

export type Sharp = typeof import('sharp').default;

let loading: Promise<Sharp> | undefined;

/** The loaders for the formats of PICTURE_TYPES. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Tiff', 'Heif', 'Nsgif'];

/**
 * sharp, loaded at first use: it is half of a cold start, and most functions never decode.
 * Every other loader is blocked: libvips would open its own `.v` format, or an SVG that reads
 * the files beside it, whatever the name says.
 */
export function loadSharp(): Promise<Sharp> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: LOADERS.map((loader) => `VipsForeignLoad${loader}`) });
    // One vCPU and one picture at a time: more threads and a cache only cost memory.
    sharp.concurrency(1);
    sharp.cache(false);
    letHeapGrow();
    return sharp;
  });
  return loading;
}
