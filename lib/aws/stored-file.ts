import { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { ServiceError } from '../errors.ts';

/** An object that is read by ranges, as long as it is the one that was opened. */
export interface StoredFile {
  bytes: number;
  eTag: string | undefined;
  contentType: string | undefined;
  /** From `start` to before `end`; fewer where the file ends before it. */
  read(start: number, end: number): Promise<Uint8Array>;
  /** @throws ServiceError `file_too_large` */
  readAll(maxBytes: number): Promise<Uint8Array>;
  /** Lets go of the connection; nothing can be read of what was not read by then but by ranges. */
  close(): void;
}

type Body = NonNullable<GetObjectCommandOutput['Body']>;

/**
 * One GetObject does for a file that is read from its start to its end, or not beyond its first bytes: what
 * kind it is shows in them, and who needs the rest takes it from the same answer.
 */
export function createStoredFile(
  s3: S3Client,
  place: { Bucket: string; Key: string },
  opened: GetObjectCommandOutput & { Body: Body },
  signal: AbortSignal,
): StoredFile {
  const { ContentLength: bytes = 0, ETag, ContentType } = opened;
  const stream = createStream(opened.Body);

  async function readRange(start: number, end: number): Promise<Uint8Array> {
    stream.close();
    const Range = `bytes=${start}-${end - 1}`;
    const command = new GetObjectCommand({ ...place, Range, IfMatch: ETag });
    const { Body } = await s3.send(command, { abortSignal: signal });
    return Body ? collect(streamOf(Body), end - start) : new Uint8Array();
  }

  return {
    bytes,
    eTag: ETag,
    contentType: ContentType,
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

/** As a web stream, one that is let go of early fails in the platform, where nothing can catch it. */
function streamOf(body: Body): Readable {
  if (body instanceof Readable) return body;
  throw new TypeError('The SDK gave no stream of Node.js');
}

/** Into memory of the size that is known: put together at the end, pieces of a large file take it twice. */
async function collect(source: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  for await (const chunk of source) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes.subarray(0, filled);
}

/** The first bytes are taken from the stream one by one as they are asked for: as far as this, in bytes. */
const HEAD_BYTES = 65_536;

/** The answer's body as far as it has been read, and the rest of it. */
function createStream(body: Body) {
  const source = streamOf(body);
  const chunksOf: AsyncIterator<Uint8Array> = source[Symbol.asyncIterator]();
  source.on('error', () => undefined); // where nobody reads at the moment, it would end the process
  let held: Uint8Array = new Uint8Array();
  let pulled = Promise.resolve();
  let isOpen = true;
  let all: Promise<Uint8Array> | undefined;

  /** One after the other: who reads at the same time waits. */
  function pull(until: number): Promise<void> {
    pulled = pulled.then(() => pullNow(until));
    return pulled;
  }

  async function pullNow(until: number): Promise<void> {
    const chunks: Uint8Array[] = [held];
    let length = held.length;
    while (length < until) {
      const { value, done } = await chunksOf.next();
      if (done) break;
      chunks.push(value);
      length += value.length;
    }
    held = Buffer.concat(chunks, length);
  }

  async function finish(): Promise<Uint8Array> {
    await pull(Number.POSITIVE_INFINITY);
    isOpen = false;
    return held;
  }

  return {
    /** Undefined where the range is not here. */
    async take(start: number, end: number): Promise<Uint8Array | undefined> {
      if (all) return (await all).subarray(start, end);
      if (isOpen && end <= HEAD_BYTES) await pull(end);
      return end <= held.length ? held.subarray(start, end) : undefined;
    },
    takeAll(again: () => Promise<Uint8Array>): Promise<Uint8Array> {
      all ??= isOpen ? finish() : again();
      return all;
    },
    close(): void {
      if (!isOpen || all) return;
      isOpen = false;
      source.destroy();
    },
  };
}
