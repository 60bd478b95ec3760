import { createHash } from 'node:crypto';
import { formatScope, signText } from '../canonical-request.ts';
import type { Authorization } from '../sigv4.ts';

const EMPTY_HASH = createHash('sha256').digest('hex');

/** Computes the signatures of a body's chunks; each is chained to the one before. */
export interface ChunkSigner {
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
