import { createHash } from 'node:crypto';
import { formatScope, signText } from '../canonical-request.ts';
import { type Authorization, checkSignature } from '../sigv4.ts';
import { s3Error } from './s3-error.ts';

const MAX_CHUNK_HEADER_BYTES = 1_024;
const MAX_TRAILER_BYTES = 16_384;

interface ChunkedOptions {
  /** Verifies each chunk's signature; without it chunks carry none. */
  signer?: ChunkSigner;
  /** Whether trailing headers follow the last chunk. */
  trailing: boolean;
  /** Gets the trailing headers, once they are verified. */
  onTrailers: (trailers: Map<string, string>) => void;
}

/**
 * Decodes a body in the aws-chunked encoding, verifying signatures as it goes.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function* decodeChunked(
  source: AsyncIterable<Buffer>,
  options: ChunkedOptions,
): AsyncGenerator<Buffer> {
  const reader = createByteReader(source);
  for (;;) {
    const { size, signature } = parseChunkHeader(await reader.readLine(MAX_CHUNK_HEADER_BYTES));
    const hash = createHash('sha256');
    for await (const bytes of reader.readBytes(size)) {
      if (options.signer) hash.update(bytes);
      yield bytes;
    }
    if (options.signer) checkSignature(options.signer.signChunk(hash.digest('hex')), signature);
    if (size === 0) break;
    if ((await reader.readLine(0)) !== '') throw s3Error('IncompleteBody');
  }
  if (options.trailing) options.onTrailers(await readTrailers(reader, options.signer));
}

function parseChunkHeader(line: string): { size: number; signature: string } {
  const parts = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (!parts?.[1]) throw s3Error('IncompleteBody', {}, 'The chunked body is malformed.');
  return { size: Number.parseInt(parts[1], 16), signature: parts[2] ?? '' };
}

async function readTrailers(
  reader: ByteReader,
  signer: ChunkSigner | undefined,
): Promise<Map<string, string>> {
  const trailers = new Map<string, string>();
  for (let read = 0; read < MAX_TRAILER_BYTES; ) {
    const line = await reader.readLine(MAX_TRAILER_BYTES);
    if (line === '') break;
    read += line.length;
    const mark = line.indexOf(':');
    trailers.set(line.slice(0, mark).trim().toLowerCase(), line.slice(mark + 1).trim());
  }
  if (signer) {
    const signature = trailers.get('x-amz-trailer-signature') ?? '';
    trailers.delete('x-amz-trailer-signature');
    checkSignature(signer.signTrailers(trailers), signature);
  }
  return trailers;
}

/** Reads lines and counted bytes from a stream; throws IncompleteBody where it ends too early. */
interface ByteReader {
  /** The text up to the next CRLF, without it; a line longer than `maxBytes` is malformed. */
  readLine(maxBytes: number): Promise<string>;
  readBytes(count: number): AsyncGenerator<Buffer>;
}

function createByteReader(source: AsyncIterable<Buffer>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);

  const pull = async (): Promise<Buffer> => {
    const next = await iterator.next();
    if (next.done) throw s3Error('IncompleteBody');
    return next.value;
  };

  const readLine = async (maxBytes: number): Promise<string> => {
    for (;;) {
      const end = rest.indexOf('\r\n');
      if (end > maxBytes || (end < 0 && rest.length > maxBytes + 1)) {
        throw s3Error('IncompleteBody', {}, 'The chunked body is malformed.');
      }
      if (end >= 0) {
        const line = rest.toString('latin1', 0, end);
        rest = rest.subarray(end + 2);
        return line;
      }
      rest = Buffer.concat([rest, await pull()]);
    }
  };

  const readBytes = async function* (count: number): AsyncGenerator<Buffer> {
    for (let missing = count; missing > 0; ) {
      if (rest.length === 0) rest = await pull();
      const bytes = rest.subarray(0, missing);
      rest = rest.subarray(bytes.length);
      missing -= bytes.length;
      if (bytes.length > 0) yield bytes;
    }
  };

  return { readLine, readBytes };
}

const EMPTY_HASH = createHash('sha256').digest('hex');

/** Computes the signatures of a body's chunks; each is chained to the one before. */
interface ChunkSigner {
  signChunk(chunkHash: string): string;
  signTrailers(trailers: ReadonlyMap<string, string>): string;
}

export function createChunkSigner(authorization: Authorization): ChunkSigner {
  const { signingKey, amzDate, scope } = authorization;
  let previous = authorization.signature;
  const sign = (algorithm: string, hashes: string[]): string => {
    const text = [algorithm, amzDate, formatScope(scope), previous, ...hashes].join('\n');
    previous = signText(signingKey, text);
    return previous;
  };
  return {
    signChunk: (chunkHash) => sign('AWS4-HMAC-SHA256-PAYLOAD', [EMPTY_HASH, chunkHash]),
    signTrailers: (trailers) => {
      const lines = [...trailers].sort().map(([name, value]) => `${name}:${value}\n`);
      const hash = createHash('sha256').update(lines.join('')).digest('hex');
      return sign('AWS4-HMAC-SHA256-TRAILER', [hash]);
    },
  };
}
