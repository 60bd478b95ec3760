import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

const READ_BUFFER_BYTES = 262_144;

/** One file of an object's body; an object put in parts has several. */
export interface Segment {
  file: string;
  size: number;
}

/** A body on the disk; it belongs to no object until a row names its file. */
export interface WrittenBody extends Segment {
  md5: Buffer;
}

export interface Bodies {
  /** Streams `source` to a new file, and removes it if that fails. */
  write(source: AsyncIterable<Buffer>): Promise<WrittenBody>;
  /** Bytes `start` to `end`, both included. A file that is removed meanwhile stays until the stream is closed. */
  read(segments: readonly Segment[], start: number, end: number): Readable;
  /** Removes files; one that is being read, after its last reader. */
  remove(segments: readonly Segment[]): void;
  /** At start: removes files that no row names, left by a killed run. Returns their number. */
  sweep(known: ReadonlySet<string>): number;
}

/** Files under opaque names in `folder`: a key never becomes a path, so no key can escape the folder. */
export function openBodies(folder: string): Bodies {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pins = createPins((file) => removeFile(join(folder, file)));
  return {
    write: (source) => writeBody(folder, source),
    read: (segments, start, end) => {
      // Pinned before the first read: the row may be gone by then.
      const release = pins.hold(segments);
      const stream = Readable.from(readSegments(folder, segments, { start, end }));
      return stream.once('close', release);
    },
    remove: pins.remove,
    sweep: (known) => {
      const orphans = readdirSync(folder).filter((file) => !known.has(file));
      for (const file of orphans) rmSync(join(folder, file), { force: true });
      return orphans.length;
    },
  };
}

/** Synchronous, so that a deleted file is gone from the disk before the client has its answer. */
function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    // The next start sweeps it.
    console.warn('an object file could not be removed', error);
  }
}

async function writeBody(folder: string, source: AsyncIterable<Buffer>): Promise<WrittenBody> {
  const file = randomUUID();
  const path = join(folder, file);
  const md5 = createHash('md5');
  const handle = await open(path, 'wx', 0o600);
  try {
    let size = 0;
    for await (const bytes of source) {
      md5.update(bytes);
      size += bytes.length;
      for (let written = 0; written < bytes.length; ) {
        written += (await handle.write(bytes, written)).bytesWritten;
      }
    }
    await handle.close();
    return { file, size, md5: md5.digest() };
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(path, { force: true });
    throw error;
  }
}

async function* readSegments(
  folder: string,
  segments: readonly Segment[],
  range: { start: number; end: number },
): AsyncGenerator<Buffer> {
  let offset = 0;
  for (const { file, size } of segments) {
    const start = Math.max(range.start - offset, 0);
    const end = Math.min(range.end - offset, size - 1);
    offset += size;
    if (start > end) continue;
    const options = { start, end, highWaterMark: READ_BUFFER_BYTES };
    for await (const bytes of createReadStream(join(folder, file), options)) {
      if (Buffer.isBuffer(bytes)) yield bytes;
    }
  }
}

interface Pins {
  hold(segments: readonly Segment[]): () => void;
  remove(segments: readonly Segment[]): void;
}

/** Counts the readers of each file, and postpones its removal until they are done. */
function createPins(removeFile: (file: string) => void): Pins {
  const readers = new Map<string, number>();
  const doomed = new Set<string>();
  const release = (file: string): void => {
    const left = (readers.get(file) ?? 1) - 1;
    if (left > 0) readers.set(file, left);
    else readers.delete(file);
    if (left === 0 && doomed.delete(file)) removeFile(file);
  };
  return {
    hold: (segments) => {
      for (const { file } of segments) readers.set(file, (readers.get(file) ?? 0) + 1);
      return () => {
        for (const { file } of segments) release(file);
      };
    },
    remove: (segments) => {
      for (const { file } of segments) {
        if (readers.has(file)) doomed.add(file);
        else removeFile(file);
      }
    },
  };
}
