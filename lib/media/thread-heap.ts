import { setFlagsFromString } from 'node:v8';
import type { ResourceLimits } from 'node:worker_threads';

/**
 * The bound of a thread's heap, in MiB, for the thread that is started with it next. V8 lets the process's own
 * `--max-old-space-size`, with which Lambda starts Node, stand before it: a file of some kilobytes could then
 * fill all of the function's memory. That flag has done its work by now, and is taken back.
 */
export function boundHeap(megabytes: number): ResourceLimits {
  setFlagsFromString('--max-old-space-size=0');
  return { maxOldGenerationSizeMb: megabytes };
}
