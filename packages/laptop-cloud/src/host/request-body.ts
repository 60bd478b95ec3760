import type { IncomingMessage } from 'node:http';
import { pause } from './pause.ts';

export const MAX_REQUEST_BYTES = 10_485_760; // an HTTP API's payload quota, not adjustable
const DRAIN_MS = 5_000;

export function isDeclaredTooLarge(request: IncomingMessage): boolean {
  return Number(request.headers['content-length'] ?? 0) > MAX_REQUEST_BYTES;
}

/** The whole body; undefined = larger than an HTTP API takes. Rejects when the client goes away. */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (isDeclaredTooLarge(request)) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  // Not `for await`: leaving that loop would cut the connection before the answer is out.
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_REQUEST_BYTES) chunks.push(chunk);
      else resolve();
    });
    request.once('end', resolve);
    request.once('error', reject);
    request.once('close', () => reject(new Error('The client went away')));
  });
  return size > MAX_REQUEST_BYTES ? undefined : Buffer.concat(chunks);
}

/**
 * Reads on, into nothing, before the refusal is sent: many clients look at the answer only once all is
 * sent, and take a connection that is closed before that for a fault of the network. One that asked
 * first (`Expect: 100-continue`) sends nothing more.
 */
export async function drainBody(request: IncomingMessage): Promise<void> {
  request.removeAllListeners('data').resume();
  if (request.headers.expect || request.readableEnded) return;
  const done = new Promise((resolve) => request.once('end', resolve).once('close', resolve));
  await Promise.race([done, pause(DRAIN_MS, new AbortController().signal)]);
}
