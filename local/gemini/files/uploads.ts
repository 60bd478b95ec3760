import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { refuse } from '../refusal.ts';
import { createJsonReply, type Reply } from '../reply.ts';
import { describeFile } from './describe.ts';
import type { ParsedFileFault } from './script.ts';
import type { FileRow, FileStore } from './store.ts';

/** https://ai.google.dev/gemini-api/docs/files */
const MAX_FILE_BYTES = 2_147_483_648;

const startBody = z.object({
  file: z
    .object({
      name: z
        .string()
        .regex(/^files\/[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/)
        .optional(),
      displayName: z.string().max(512).optional(),
    })
    .default({}),
});

export interface UploadStand {
  store: FileStore;
  baseUrl: string;
  /** How long a finished file of this type stays PROCESSING, in milliseconds. */
  processingMs(mimeType: string): number;
}

interface UploadCall {
  headers: IncomingHttpHeaders;
  body: AsyncIterable<Buffer>;
  fault: ParsedFileFault;
}

/** Answers `start`: the address to send to, where all that follows goes. */
export function startUpload(stand: UploadStand, headers: IncomingHttpHeaders, json: unknown) {
  const bytes = Number(headers['x-goog-upload-header-content-length']);
  const mimeType = String(headers['x-goog-upload-header-content-type'] ?? '');
  const parsed = startBody.safeParse(json ?? {});
  if (headers['x-goog-upload-protocol'] !== 'resumable' || !parsed.success || !mimeType)
    throw refuse(400, 'Request contains an invalid argument.');
  if (!Number.isSafeInteger(bytes) || bytes <= 0 || bytes > MAX_FILE_BYTES)
    throw refuse(400, `Files hold 1 to ${MAX_FILE_BYTES} bytes.`);
  const { name = `files/${randomUUID()}`, displayName } = parsed.data.file;
  const row = stand.store.begin({ name, displayName, mimeType, bytes });
  if (!row) throw refuse(409, 'Requested entity already exists');
  const query = `upload_id=${row.uploadId}&upload_protocol=resumable`;
  return withUploadHeaders(createJsonReply(200, {}), {
    'x-goog-upload-status': 'active',
    'x-goog-upload-url': `${stand.baseUrl}/upload/v1beta/files?${query}`,
    'x-goog-upload-chunk-granularity': String(stand.store.granularityBytes),
  });
}

/** Answers `query`, `upload`, `finalize`, both of them, and `cancel`. */
export async function continueUpload(
  stand: UploadStand,
  uploadId: string,
  call: UploadCall,
): Promise<Reply> {
  const row = stand.store.findUpload(uploadId);
  if (!row) throw refuse(404, 'The upload does not exist, or not any more.');
  const commands = String(call.headers['x-goog-upload-command'] ?? '').split(/,\s*/);
  if (commands.includes('query')) return tellProgress(stand.store, row);
  if (row.status !== 'active') throw refuse(400, 'Upload has already been terminated.');
  if (commands.includes('cancel')) {
    stand.store.save({ ...row, status: 'cancelled' });
    return withUploadHeaders(createJsonReply(200, {}), { 'x-goog-upload-status': 'cancelled' });
  }
  const isLast = commands.includes('finalize');
  if (commands.includes('upload')) await receive(stand.store, row, call, isLast);
  return isLast ? finish(stand, row, call.fault) : tellProgress(stand.store, row);
}

function tellProgress(store: FileStore, row: FileRow): Reply {
  const { status } = row;
  const received = { 'x-goog-upload-size-received': String(store.countReceived(row)) };
  return withUploadHeaders(createJsonReply(200, {}), {
    'x-goog-upload-status': status,
    ...received,
  });
}

/** Uploads that a piece is being added to: two would be mixed. */
const receiving = new Set<string>();

async function receive(store: FileStore, row: FileRow, call: UploadCall, isLast: boolean) {
  const received = store.countReceived(row);
  const length = Number(call.headers['content-length']);
  if (Number(call.headers['x-goog-upload-offset']) !== received)
    throw refuse(400, `The offset has to be ${received}.`);
  if (!isLast && length % store.granularityBytes !== 0)
    throw refuse(400, `Pieces are multiples of ${store.granularityBytes} bytes.`);
  if (receiving.has(row.uploadId)) throw refuse(409, 'Another piece is on its way.');
  const isCut = call.fault.kind === 'reset' && call.fault.when === 'half-way';
  receiving.add(row.uploadId);
  try {
    await store.append(row, isCut ? cutHalf(call.body, length / 2) : call.body);
  } finally {
    receiving.delete(row.uploadId);
  }
}

async function finish(stand: UploadStand, row: FileRow, fault: ParsedFileFault): Promise<Reply> {
  const { store, baseUrl } = stand;
  if (store.countReceived(row) !== row.bytes)
    throw refuse(400, `Only ${store.countReceived(row)} of ${row.bytes} bytes have come.`);
  const usual = stand.processingMs(row.mimeType);
  const processingMs = fault.kind === 'process' ? fault.milliseconds : usual;
  const whole = await store.finish(row, processingMs, fault.kind === 'fail');
  const reply = createJsonReply(200, { file: describeFile(store, whole, baseUrl) });
  return withUploadHeaders(reply, { 'x-goog-upload-status': 'final' });
}

/** Breaks off after so many bytes, as a connection does. */
async function* cutHalf(body: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of body) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) throw new Error('cut off by the script');
  }
}

function withUploadHeaders(reply: Reply, headers: Record<string, string>): Reply {
  return { ...reply, headers };
}
