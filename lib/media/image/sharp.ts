import { FORMATS } from './formats/formats.ts';
import { letHeapGrow } from './memory.ts';
import type { Sharp } from './pixels.ts';

let loading: Promise<Sharp> | undefined;

/**
 * sharp, loaded at first use: it is half of a cold start, and most functions never decode.
 * Every other loader is blocked: libvips would open its own `.v` format, or an SVG that reads
 * the files beside it, whatever the name says.
 */
export function loadSharp(): Promise<Sharp> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    sharp.block({ operation: ['VipsForeignLoad'] });
    const loaders = Object.values(FORMATS).flatMap(({ loader = [] }) => loader);
    sharp.unblock({ operation: loaders.map((loader) => `VipsForeignLoad${loader}`) });
    // One vCPU and one picture at a time: more threads and a cache only cost memory.
    sharp.concurrency(1);
    sharp.cache(false);
    letHeapGrow();
    return sharp;
  });
  return loading;
}
