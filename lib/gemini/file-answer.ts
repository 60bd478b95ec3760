import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod/mini';
import { createFault } from './errors.ts';
import { MAX_FILE_PIECE_BYTES } from './limits.ts';

/** A file as Gemini holds it. */
export interface StoredFile {
  uri: string;
  state: 'PROCESSING' | 'ACTIVE' | 'FAILED';
  bytes: number | undefined;
  /** Hex. */
  sha256: string | undefined;
  /** Epoch milliseconds. */
  expiresAt: number | undefined;
}

/** By their numbers in google/ai/generativelanguage/v1beta/file.proto. */
const STATES: Record<number, StoredFile['state']> = { 1: 'PROCESSING', 2: 'ACTIVE', 10: 'FAILED' };

const fileSchema = z.object({
  uri: z.string(),
  state: z.catch(
    z.pipe(
      z.transform((state) => (typeof state === 'number' ? STATES[state] : state)),
      z.enum(['PROCESSING', 'ACTIVE', 'FAILED']),
    ),
    'PROCESSING',
  ),
  // A number, or as protocol buffers write those of 64 bits, a text; null would be coerced to 0.
  sizeBytes: z.catch(
    z.pipe(
      z.union([z.int(), z.string().check(z.regex(/^\d{1,15}$/))]),
      z.transform((size): number | undefined => Number(size)),
    ),
    undefined,
  ),
  sha256Hash: z.catch(z.optional(z.string()), undefined),
  expirationTime: z.catch(z.optional(z.string()), undefined),
});

/** Reads what files.get answers. Throws `model_unavailable` where that is no file. */
export function parseFile(body: string): StoredFile {
  try {
    const { uri, state, ...rest } = fileSchema.parse(JSON.parse(body));
    const expiresAt = Date.parse(rest.expirationTime ?? '');
    return {
      uri,
      state,
      bytes: rest.sizeBytes,
      sha256: readDigest(rest.sha256Hash),
      expiresAt: Number.isNaN(expiresAt) ? undefined : expiresAt,
    };
  } catch {
    throw notAnAnswer('not the JSON of a file');
  }
}

/** The documentation says base64 of the digest; what comes is base64 of its hexadecimal digits. */
function readDigest(hash: string | undefined): string | undefined {
  const bytes = Buffer.from(hash ?? '', 'base64');
  if (bytes.length === 32) return bytes.toString('hex');
  const text = bytes.toString('latin1').toLowerCase();
  return /^[0-9a-f]{64}$/.test(text) ? text : undefined;
}

/** How far an upload has come: the bytes received, all of them, or `gone` where nothing can be added. */
export type Progress = number | 'final' | 'gone';

/** Reads the answer to a query. Throws `model_unavailable` where it tells of no progress. */
export function readProgress(headers: IncomingHttpHeaders): Progress {
  const status = headerOf(headers, 'x-goog-upload-status');
  if (status === 'final') return 'final';
  if (status === 'cancelled') return 'gone';
  const received = headerOf(headers, 'x-goog-upload-size-received') ?? '';
  if (status === 'active' && /^\d{1,15}$/.test(received)) return Number(received);
  throw notAnAnswer('no progress of an upload');
}

/**
 * The upload's address, which is all that is needed to write to it, and the bytes of a piece.
 * Throws `model_unavailable` where there is none, and `model_request_refused` for pieces too large to hold.
 */
export function readSession(
  headers: IncomingHttpHeaders,
  { baseUrl, pieceBytes: wanted }: { baseUrl: string; pieceBytes: number },
) {
  const url = headerOf(headers, 'x-goog-upload-url') ?? '';
  const granularity = Number(headerOf(headers, 'x-goog-upload-chunk-granularity') ?? 1);
  if (!isUsable(url, baseUrl) || !(granularity > 0)) throw notAnAnswer('no address to upload to');
  const pieceBytes = Math.ceil(wanted / granularity) * granularity;
  if (pieceBytes <= MAX_FILE_PIECE_BYTES) return { uploadUrl: shorten(url, baseUrl), pieceBytes };
  const reason = `It wants pieces of ${granularity} bytes.`;
  throw createFault('model_request_refused', { remedy: 'stop', reason });
}

/** The file is not sent in the clear, but to where every call goes. */
function isUsable(url: string, baseUrl: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed?.protocol === 'https:' || parsed?.origin === new URL(baseUrl).origin;
}

/** Without its origin where that is the base address's, which may have moved by the time it is used. */
function shorten(url: string, baseUrl: string): string {
  const { origin, pathname, search } = new URL(url);
  return origin === new URL(baseUrl).origin ? `${pathname}${search}` : url;
}

/** One that comes twice says nothing. */
function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function notAnAnswer(what: string): Error {
  return createFault('model_unavailable', { remedy: 'retry', reason: `Bad answer: ${what}` });
}
