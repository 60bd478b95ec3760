import { ServiceError } from '../../errors.ts';
import type { MediaFile } from '../medium.ts';
import { MAX_CONTAINER_READ_BYTES, MAX_CONTAINER_READS, WINDOW_BYTES } from './container-limits.ts';

export function cutOff(cause?: unknown): ServiceError {
  return new ServiceError('file_malformed', 'The file ends before its content does.', { cause });
}

export function malformed(message: string, cause?: unknown): ServiceError {
  return new ServiceError('file_malformed', message, { cause });
}

/** Windows that are held at once: who walks a file goes to and fro between its start and its end. */
const HELD_WINDOWS = 4;

export interface CountedFile {
  bytes: number;
  /** From `start` to before `end`; fewer where the file ends before it. */
  read(start: number, end: number): Promise<Uint8Array>;
}

interface Bounds {
  reads: number;
  bytes: number;
}

const BOUNDS: Bounds = { reads: MAX_CONTAINER_READS, bytes: MAX_CONTAINER_READ_BYTES };

/**
 * A file of which no more is read than it may cost: containers can send their reader to any place, and
 * from there to the next. Throws `file_too_complex`.
 */
export function countReads(file: MediaFile, left: Bounds = { ...BOUNDS }): CountedFile {
  const windows: { start: number; data: Promise<Uint8Array> }[] = [];

  async function fetch(start: number, end: number): Promise<Uint8Array> {
    left.reads -= 1;
    left.bytes -= end - start;
    if (left.reads < 0 || left.bytes < 0) {
      const message = 'Too much of the file has to be read to find its tracks.';
      throw new ServiceError('file_too_complex', message);
    }
    return file.read(start, end);
  }

  return {
    bytes: file.bytes,
    async read(start, end) {
      const last = Math.min(end, file.bytes);
      if (start >= last) return new Uint8Array();
      for (const window of windows) {
        const data = start >= window.start ? await window.data : undefined;
        if (data && last <= window.start + data.length)
          return data.subarray(start - window.start, last - window.start);
      }
      const data = fetch(start, Math.min(file.bytes, Math.max(last, start + WINDOW_BYTES)));
      windows.unshift({ start, data });
      windows.splice(HELD_WINDOWS);
      return (await data).subarray(0, last - start);
    },
  };
}
