import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Reply } from './reply.ts';
import type { ParsedFault } from './script.ts';

/** Sends a reply, well or as badly as the fault wants it. */
export async function deliver(
  response: ServerResponse,
  reply: Reply,
  { fault, signal }: { fault: ParsedFault; signal: AbortSignal },
): Promise<void> {
  switch (fault.kind) {
    case 'hang':
      return;
    case 'reset':
      return reset(response, reply, fault.when);
    case 'half-body':
      return sendHalf(response, reply);
    case 'slow':
      // Aborted when the server closes: nobody is there to be answered then.
      await delay(fault.milliseconds, undefined, { signal }).catch(() => undefined);
      return send(response, reply);
    case 'drip':
      return drip(response, reply, fault.milliseconds, signal);
    default:
      return send(response, reply);
  }
}

export function send(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  writeHead(response, reply);
  response.end(reply.body);
}

function writeHead(response: ServerResponse, { status, contentType, body, headers }: Reply): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
}

async function drip(
  response: ServerResponse,
  reply: Reply,
  milliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  writeHead(response, reply);
  for (const byte of Buffer.from(reply.body)) {
    if (response.destroyed || signal.aborted) return;
    response.write(Buffer.of(byte));
    await delay(milliseconds, undefined, { signal }).catch(() => undefined);
  }
  response.end();
}

function reset(
  response: ServerResponse,
  reply: Reply,
  when: 'before-headers' | 'after-headers',
): void {
  if (when === 'before-headers') {
    response.socket?.resetAndDestroy();
    return;
  }
  writeHead(response, reply);
  // Only what has left the process arrives before the reset does.
  response.write(reply.body.slice(0, 1), () => response.socket?.resetAndDestroy());
}

function sendHalf(response: ServerResponse, reply: Reply): void {
  writeHead(response, reply);
  const bytes = Buffer.from(reply.body);
  response.write(bytes.subarray(0, bytes.length / 2), () => response.socket?.end());
}
