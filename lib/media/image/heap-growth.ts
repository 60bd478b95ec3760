import { setFlagsFromString } from 'node:v8';

/** By how much the heap grows, the Buffers that hang on it included, until all of it is marked again. */
const HEAP_GROWTH_PERCENT = 200;

/**
 * V8 counts Buffers as its heap's, and marks all of a small heap again after 8 MB of them: for each large
 * picture once, which took half as long as to decode it.
 */
export function letHeapGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}
