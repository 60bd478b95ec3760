import { createHash } from 'node:crypto';
import { checkSignature } from '../sigv4.ts';
import { type ByteReader, createByteReader } from './byte-reader.ts';
import type { ChunkSigner } from './chunk-signer.ts';
import { s3Error } from './s3-error.ts';

const MAX_CHUNK_HEADER_BYTES = 1_024;
const MAX_TRAILER_BYTES = 16_384;

export interface ChunkedOptions {
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
