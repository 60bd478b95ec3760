import { Worker } from 'node:worker_threads';
import { ServiceError } from '../../errors.ts';
import { boundHeap, spendThreadTime } from '../thread-bounds.ts';
import type { Refusal } from './pdfium.ts';
import type { DocumentContents, PageRange } from './read-facts.ts';

/** Pixels in rows: red, green, blue and one byte of nothing. */
export interface DrawnPage {
  width: number;
  height: number;
  rgbx: Uint8Array;
}

/** A task for the thread; pages from 1. */
export type PdfTask =
  | { name: 'facts'; range: PageRange | undefined }
  | { name: 'cut'; range: PageRange }
  | { name: 'draw'; page: number }
  | { name: 'texts' };

/** The thread's answer. */
export type PdfAnswer =
  | DocumentContents
  | DrawnPage
  | { pdf: Uint8Array }
  | { texts: string[] }
  | Refusal;

/** The heap of JavaScript in the thread; PDFium's memory is bounded there. */
const THREAD_HEAP_MEGABYTES = 512;

const LOCKED = 'The PDF opens with a password only. Save it without one.';

type Done = Exclude<PdfAnswer, Refusal>;

/**
 * Does one thing with a PDF in a thread of its own, which is ended after so many seconds of the processor.
 * @throws ServiceError `file_malformed`, `file_too_complex`, or `type_unsupported` where it wants a password
 */
export async function runPdf(file: Uint8Array, task: PdfTask, cpuSeconds: number): Promise<Done> {
  const worker = new Worker(new URL('./pdf-thread.ts', import.meta.url), {
    workerData: { file, task },
    resourceLimits: boundHeap(THREAD_HEAP_MEGABYTES),
  });
  const done = new AbortController();
  try {
    const answer = await Promise.race([receive(worker), bound(worker, cpuSeconds, done.signal)]);
    if ('kind' in answer) throw refuse(answer);
    return answer;
  } finally {
    done.abort();
    await worker.terminate();
  }
}

function receive(worker: Worker): Promise<PdfAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<PdfAnswer>();
  worker.once('message', resolve);
  worker.once('error', (cause) => reject(tooComplex(undefined, cause))); // its heap is full
  return promise;
}

async function bound(worker: Worker, cpuSeconds: number, signal: AbortSignal): Promise<never> {
  await spendThreadTime(worker, cpuSeconds, signal);
  throw tooComplex(`Reading the document took more than ${cpuSeconds} s.`);
}

function refuse({ kind, reason, trap }: Refusal): ServiceError {
  const cause = trap ? new Error(`PDFium: ${trap}`) : undefined;
  switch (kind) {
    case 'locked':
      return new ServiceError('type_unsupported', LOCKED);
    case 'too-complex':
      return tooComplex(reason, cause);
    case 'malformed':
      return new ServiceError('file_malformed', reason, cause && { cause });
  }
}

function tooComplex(reason?: string, cause?: Error): ServiceError {
  return new ServiceError('file_too_complex', reason, cause && { cause });
}
