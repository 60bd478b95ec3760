import { Worker } from 'node:worker_threads';
import { ServiceError } from '../../../../errors.ts';
import type { RawPicture } from '../../pixels.ts';

/** The thread's answer: the pixels, or which call of libheif failed and how. */
export type HeicAnswer = RawPicture | { failure: string };

/**
 * The primary picture of a HEIC file, upright and cropped as the file says. In a thread of its own that
 * ends with the picture, because WebAssembly's memory grows and never shrinks.
 * @throws ServiceError `file_malformed`
 */
export async function decodeHeic(bytes: Uint8Array): Promise<RawPicture> {
  const worker = new Worker(new URL('./heic-thread.ts', import.meta.url), { workerData: bytes });
  try {
    const answer = await receive(worker);
    if (!('failure' in answer)) return answer;
    throw new ServiceError('file_malformed', undefined, { cause: new Error(answer.failure) });
  } finally {
    await worker.terminate();
  }
}

function receive(worker: Worker): Promise<HeicAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HeicAnswer>();
  worker.once('message', resolve);
  worker.once('error', reject);
  return promise;
}
