import { Worker } from 'node:worker_threads';
import { ServiceError } from '../../errors.ts';
import type { KnownType } from '../detect.ts';
import type { CountedFile } from './counted-file.ts';
import { CONTAINER_HEAP_MEGABYTES, CONTAINER_SECONDS } from './limits.ts';
import { malformed } from './malformed.ts';
import type { TracksAnswer, TracksMessage, TracksTask } from './tracks-answer.ts';

/**
 * What is in a container. A table of a kilobyte may count four billion pictures, so that it is read in a
 * thread, whose memory and time are bounded. Throws `file_malformed` and `file_too_complex`.
 */
export async function readTracks(file: CountedFile, type: KnownType): Promise<TracksAnswer> {
  const workerData: TracksTask = { bytes: file.bytes, type };
  const worker = new Worker(new URL('./tracks-thread.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: CONTAINER_HEAP_MEGABYTES },
    stdout: true, // what it warns of is not for the log: it may quote the file
    stderr: true,
  });
  const end = Promise.withResolvers<TracksAnswer>();
  const timer = setTimeout(() => end.reject(tooComplex()), CONTAINER_SECONDS * 1000);
  worker.on('error', (cause) => end.reject(tooComplex(cause))); // its memory is full
  worker.on('message', (message: TracksMessage) => {
    if ('answer' in message) end.resolve(message.answer);
    else if ('failure' in message) end.reject(malformed('Its content makes no sense.', message));
    else serve(worker, file, message.read).catch(end.reject);
  });
  try {
    return await end.promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

async function serve(worker: Worker, file: CountedFile, asked: { start: number; end: number }) {
  const data = await file.read(asked.start, asked.end);
  worker.postMessage({ ...asked, data });
}

function tooComplex(cause?: unknown): ServiceError {
  const message = 'It takes too much to know what is in the file.';
  return new ServiceError('file_too_complex', message, { cause });
}
