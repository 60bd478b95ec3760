import type { IncomingMessage } from 'node:http';

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

/** Reads on, into nothing, for a while: many clients look at the answer only once all is sent. */
export function drainBody(request: IncomingMessage): void {
  request.removeAllListeners('data').resume();
  const timer = setTimeout(() => request.destroy(), DRAIN_MS).unref();
  request.once('close', () => clearTimeout(timer));
}
