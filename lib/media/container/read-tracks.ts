import { Worker } from 'node:worker_threads';
import { ServiceError } from '../../errors.ts';
import type { ContainerType } from '../media-types.ts';
import { boundHeap, spendThreadTime } from '../thread-bounds.ts';
import {
  CONTAINER_CPU_SECONDS,
  CONTAINER_HEAP_MEGABYTES,
  CONTAINER_SECONDS,
} from './container-limits.ts';
import type { CountedFile } from './counted-file.ts';
import { malformed } from './counted-file.ts';
import type { ContainerFacts, TracksMessage, TracksTask } from './track-facts.ts';

/**
 * What is in a container. A table of a kilobyte may count four billion pictures, so that it is read in a
 * thread, whose memory and time are bounded. Throws `file_malformed` and `file_too_complex`.
 */
export async function readTracks(
  file: CountedFile,
  type: ContainerType,
  cpuSeconds = CONTAINER_CPU_SECONDS,
): Promise<ContainerFacts> {
  const workerData: TracksTask = { bytes: file.bytes, type };
  const worker = new Worker(new URL('./tracks-thread.ts', import.meta.url), {
    workerData,
    resourceLimits: boundHeap(CONTAINER_HEAP_MEGABYTES),
    stdout: true, // what it warns of is not for the log: it may quote the file
    stderr: true,
  });
  const end = Promise.withResolvers<ContainerFacts>();
  const done = new AbortController();
  const timer = setTimeout(() => end.reject(tooComplex()), CONTAINER_SECONDS * 1000);
  spendThreadTime(worker, cpuSeconds, done.signal).then(() => end.reject(tooComplex()));
  worker.on('error', (cause) => end.reject(tooComplex(cause))); // its memory is full
  worker.on('message', (message: TracksMessage) => {
    if ('answer' in message) end.resolve(message.answer);
    else if ('failure' in message) end.reject(malformed('Its content makes no sense.', message));
    else serve(worker, file, message.read).catch(end.reject);
  });
  try {
    return await end.promise;
  } finally {
    done.abort();
    clearTimeout(timer);
    await worker.terminate();
  }
}

async function serve(worker: Worker, file: CountedFile, asked: { start: number; end: number }) {
  // A copy that is given away: what it is a piece of would be sent along as a whole.
  const data = new Uint8Array(await file.read(asked.start, asked.end));
  worker.postMessage({ ...asked, data }, [data.buffer]);
}

function tooComplex(cause?: unknown): ServiceError {
  const message = 'It takes too much to know what is in the file.';
  return new ServiceError('file_too_complex', message, { cause });
}
