import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { refuse } from './refusal.ts';

export interface RecordedRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  /** Parsed JSON, or the text where it is none; undefined where there was none, or it had to make room. */
  body: unknown;
}

/** Google's own: https://ai.google.dev/gemini-api/docs/image-understanding. */
const MAX_BODY_BYTES = 100 * 1024 * 1024;

/** Reads a body to its end; throws a refusal (400) above 100 MB, after the rest has been thrown away. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    // Read on: an answer sent while the client still writes would be lost in a connection reset.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (bytes > MAX_BODY_BYTES) {
    throw refuse(400, `Request payload size exceeds the limit: ${MAX_BODY_BYTES} bytes.`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A stand-in may run for weeks: requests beyond these bounds are forgotten, the oldest first. */
const MAX_RECORDED = 10_000;
const MAX_RECORDED_CHARACTERS = 64 * 1024 * 1024;

/** Keeps the latest requests, and of those the latest bodies. */
export function createRecorder() {
  const requests: RecordedRequest[] = [];
  const kept: { request: RecordedRequest; characters: number }[] = [];
  let characters = 0;
  const makeRoom = (): void => {
    while (characters > MAX_RECORDED_CHARACTERS) {
      const oldest = kept.shift();
      if (oldest === undefined) return;
      characters -= oldest.characters;
      oldest.request.body = undefined;
    }
    if (requests.length > MAX_RECORDED) requests.shift();
  };
  return {
    requests,
    record(request: RecordedRequest, bodyCharacters: number): void {
      requests.push(request);
      kept.push({ request, characters: bodyCharacters });
      characters += bodyCharacters;
      makeRoom();
    },
  };
}
