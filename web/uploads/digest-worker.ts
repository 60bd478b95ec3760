import type { DigestAnswer, DigestOrder } from './digest.ts';
import { digestPieces } from './digest-pieces.ts';

// The sha256 of files, away from the page's own thread.

/** Held whole while the browser itself digests it: 100 MB. What is larger goes through our hands piece by piece. */
const MAX_WHOLE_BYTES = 100 * 1024 * 1024;

const dropped = new Set<number>();

addEventListener('message', async ({ data }: MessageEvent<DigestOrder>) => {
  const { turn, file } = data;
  if (!file) {
    dropped.add(turn);
    return;
  }
  const tell = (answer: Omit<DigestAnswer, 'turn'>) => postMessage({ turn, ...answer });
  try {
    const isWhole = file.size <= MAX_WHOLE_BYTES && isSecureContext; // elsewhere a browser digests nothing
    const digest = isWhole
      ? new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
      : await digestPieces(file, (done) => {
          if (dropped.has(turn)) throw new Error('Nobody waits for it.');
          tell({ done });
        });
    const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    tell({ isDone: true, sha256 });
  } catch {
    tell({ isDone: true }); // a file that cannot be read fails on its way, in plain words
  } finally {
    dropped.delete(turn);
  }
});
