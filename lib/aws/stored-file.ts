import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../errors.ts';
import { releaseBytes } from '../release-bytes.ts';
import { undefinedIfGone } from './objects.ts';

/** An answer's body as far as it has come. */
interface Received {
  /** Reads on until so many bytes are here, or all there are. */
  until(bytes: number): Promise<void>;
  /** What is here. */
  held(): Uint8Array;
  /** Makes room for so many bytes in all. */
  reserve(bytes: number): void;
  /** Lets go of the connection. */
  close(): void;
}

/**
 * Into memory of a size that is known: pieces that are put together take it twice. By listeners: an
 * iterator of streams makes a promise for each piece.
 */
function receive(source: IncomingMessage, firstBytes: number): Received {
  let memory = Buffer.allocUnsafeSlow(firstBytes);
  let [filled, wanted] = [0, 0];
  let isOver = false;
  let failure: Error | undefined;
  let tell: () => void = () => undefined;

  function reserve(bytes: number): void {
    if (bytes <= memory.length) return;
    const larger = Buffer.allocUnsafeSlow(bytes);
    memory.copy(larger, 0, 0, filled);
    memory = larger;
  }

  function take(chunk: Buffer): void {
    reserve(filled + chunk.length);
    filled += chunk.copy(memory, filled);
    releaseBytes(chunk); // what waits for the collector to be freed brings it on
    if (filled < wanted) return;
    source.pause();
    tell();
  }

  function end(error?: Error): void {
    isOver = true;
    failure ??= error;
    tell();
  }

  // Where nobody reads at the moment, an error would end the process.
  source.on('error', end).on('end', end);
  source.on('close', () => end(source.readableEnded ? undefined : new Error('It was let go of.')));
  source.pause().on('data', take);

  return {
    async until(bytes) {
      wanted = bytes;
      if (filled < bytes && !isOver) {
        await new Promise<void>((resolve) => {
          tell = resolve;
          source.resume();
        });
      }
      if (failure && filled < bytes) throw failure;
    },
    held: () => memory.subarray(0, filled),
    reserve,
    close: () => source.destroy(),
  };
}

/** An object that is read by ranges, as long as it is the one that was opened. */
export interface StoredFile {
  bytes: number;
  eTag: string | undefined;
  contentType: string | undefined;
  /** As S3 has computed it, in hexadecimal digits: where whoever put the file asked for that, and put it whole. */
  sha256: string | undefined;
  /** From `start` to before `end`; fewer where the file ends before it. */
  read(start: number, end: number): Promise<Uint8Array>;
  /** @throws ServiceError `file_too_large` */
  readAll(maxBytes: number): Promise<Uint8Array>;
  /** Lets go of the connection; nothing can be read of what was not read by then but by ranges. */
  close(): void;
}

/** GetObject of one bucket, with these headers: the answer's head is there, its body is still to come. */
export type OpenObject = (
  key: string,
  headers: Record<string, string>,
  signal: AbortSignal,
) => Promise<IncomingMessage>;

const WITH_CHECKSUMS = { 'x-amz-checksum-mode': 'ENABLED' };

/** Undefined where the object is gone. What is opened is closed by who opened it. */
export function createUploadReader(open: OpenObject) {
  return {
    async open(key: string, signal: AbortSignal): Promise<StoredFile | undefined> {
      const answer = await open(key, WITH_CHECKSUMS, signal).catch(undefinedIfGone);
      if (!answer) return undefined;
      return createStoredFile(answer, (headers) => open(key, headers, signal));
    },
  };
}

/**
 * One GetObject does for a file that is read from its start to its end, or not beyond its first bytes: what
 * kind it is shows in them, and who needs the rest takes it from the same answer.
 */
function createStoredFile(
  opened: IncomingMessage,
  again: (headers: Record<string, string>) => Promise<IncomingMessage>,
): StoredFile {
  const { etag, 'content-type': contentType, 'content-length': length = '0' } = opened.headers;
  const bytes = Number(length);
  const stream = createStream(opened, bytes);

  async function readRange(start: number, end: number): Promise<Uint8Array> {
    stream.close();
    const range = `bytes=${start}-${end - 1}`;
    const answer = await again({ range, ...(etag && { 'if-match': etag }) });
    const received = receive(answer, end - start);
    await received.until(Number.POSITIVE_INFINITY);
    return received.held();
  }

  return {
    bytes,
    eTag: etag,
    contentType,
    sha256: readDigest(opened),
    async read(start, end) {
      const last = Math.min(end, bytes);
      if (start >= last) return new Uint8Array();
      return (await stream.take(start, last)) ?? readRange(start, last);
    },
    async readAll(maxBytes) {
      if (bytes <= maxBytes) return stream.takeAll(() => readRange(0, bytes));
      throw new ServiceError('file_too_large', `The file has more than ${maxBytes} bytes.`);
    },
    close: stream.close,
  };
}

/** Of a file that came in parts it is the digest of their digests, with their count behind: of no use here. */
function readDigest({ headers }: IncomingMessage): string | undefined {
  const digest = headers['x-amz-checksum-sha256'];
  const isWhole = typeof digest === 'string' && /^[A-Za-z0-9+/]{43}=$/.test(digest);
  return isWhole ? Buffer.from(digest, 'base64').toString('hex') : undefined;
}

/** The first bytes are taken from the stream one by one as they are asked for: as far as this, in bytes. */
const HEAD_BYTES = 65_536;
/** A file of no more bytes (1 MiB) is not held up on its way: it is soon here. */
const SMALL_BYTES = 1_048_576;

/** The answer's body as far as it has been read, and the rest of it. */
function createStream(source: IncomingMessage, bytes: number) {
  const isSmall = bytes <= SMALL_BYTES;
  const received = receive(source, isSmall ? bytes : 2 * HEAD_BYTES); // one piece more than is asked for
  let pulled = Promise.resolve();
  let isOpen = true;
  let all: Promise<Uint8Array> | undefined;

  /** One after the other: who reads at the same time waits. */
  function pull(until: number): Promise<void> {
    pulled = pulled.then(() => received.until(isSmall ? Number.POSITIVE_INFINITY : until));
    return pulled;
  }

  async function finish(): Promise<Uint8Array> {
    received.reserve(bytes);
    await pull(Number.POSITIVE_INFINITY);
    isOpen = false;
    return received.held();
  }

  return {
    /** Undefined where the range is not here. */
    async take(start: number, end: number): Promise<Uint8Array | undefined> {
      if (all) return (await all).subarray(start, end);
      if (isOpen && end <= HEAD_BYTES) await pull(end);
      const held = received.held();
      return end <= held.length ? held.subarray(start, end) : undefined;
    },
    takeAll(again: () => Promise<Uint8Array>): Promise<Uint8Array> {
      all ??= isOpen ? finish() : again();
      return all;
    },
    close(): void {
      if (!isOpen || all) return;
      isOpen = false;
      received.close();
    },
  };
}
