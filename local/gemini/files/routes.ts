import type { IncomingMessage } from 'node:http';
import { refuse, refuseFile } from '../refusal.ts';
import { createJsonReply, type Reply } from '../reply.ts';
import { readBody } from '../requests.ts';
import type { ParsedFault } from '../script.ts';
import { describeFile } from './describe.ts';
import type { FileStep, ParsedFileFault } from './script.ts';
import type { FileRow, FileStore } from './store.ts';
import { continueUpload, startUpload, type UploadStand } from './uploads.ts';

interface FileStand extends UploadStand {
  /** Throws a refusal where the key is not the right one. */
  checkKey(request: IncomingMessage): void;
  takeFault(step: FileStep): ParsedFileFault;
}

interface Target {
  step: FileStep;
  /** Of the address that an upload goes to. */
  uploadId: string | undefined;
  /** `files/ID`. */
  name: string;
}

/** Whether the Files API answers this path. */
export function isAboutFiles(url = ''): boolean {
  return /^\/(?:upload\/)?v1beta\/files(?:[/?]|$)/.test(url);
}

/** Answers one call of the Files API, or as badly as its fault wants it; throws a refusal for what Google would refuse. */
export async function routeFiles(
  request: IncomingMessage,
  stand: FileStand,
): Promise<{ reply: Reply; fault: ParsedFault }> {
  const target = readTarget(request);
  if (target.uploadId === undefined) stand.checkKey(request);
  const fault = stand.takeFault(target.step);
  const spoilt = spoil(fault);
  if (fault.kind === 'reset' && fault.when === 'at-once')
    return { reply: createJsonReply(200, {}), fault: spoilt };
  if (fault.kind === 'status') {
    request.resume(); // read on: an answer sent while the client still writes would be lost
    throw refuse(fault.status, `Scripted ${fault.status}.`);
  }
  if (fault.kind === 'lose') lose(stand.store, target);
  const reply = await answer(request, stand, target, fault).catch((error: unknown) => {
    if (fault.kind === 'reset') return createJsonReply(200, {}); // cut half-way
    throw error;
  });
  return { reply, fault: spoilt };
}

async function answer(
  request: IncomingMessage,
  stand: FileStand,
  { step, uploadId, name }: Target,
  fault: ParsedFileFault,
): Promise<Reply> {
  const { headers } = request;
  if (uploadId !== undefined)
    return continueUpload(stand, uploadId, { headers, body: request, fault });
  const text = await readBody(request);
  if (step === 'start') return startUpload(stand, headers, parseJson(text));
  const show = (row: FileRow) => describeFile(stand.store, row, stand.baseUrl);
  if (step === 'list') return createJsonReply(200, { files: stand.store.list().map(show) });
  const row = stand.store.find(name);
  if (!row) throw refuseFile();
  if (step === 'get') return createJsonReply(200, show(row));
  stand.store.remove(row);
  return createJsonReply(200, {});
}

function readTarget({ method = 'GET', url = '', headers }: IncomingMessage): Target {
  const { pathname, searchParams } = new URL(`http://stand-in${url}`);
  const uploadId = searchParams.get('upload_id') ?? undefined;
  const name = pathname.slice('/v1beta/'.length);
  const step = findStep(method, pathname, String(headers['x-goog-upload-command'] ?? ''));
  if (!step) throw refuse(404, `Not found: ${method} ${pathname}`);
  return { step, uploadId, name };
}

function findStep(method: string, pathname: string, command: string): FileStep | undefined {
  if (pathname === '/upload/v1beta/files') {
    if (method !== 'POST') return undefined;
    if (command.includes('finalize')) return 'finalize';
    const rest = ['start', 'query', 'upload'] as const;
    return rest.find((one) => one === command) ?? (command === 'cancel' ? 'upload' : undefined);
  }
  if (pathname === '/v1beta/files') return method === 'GET' ? 'list' : undefined;
  if (method === 'GET') return 'get';
  return method === 'DELETE' ? 'delete' : undefined;
}

function lose(store: FileStore, { uploadId, name }: Target): void {
  const row = uploadId === undefined ? store.find(name) : store.findUpload(uploadId);
  if (row) store.remove(row);
}

/** How the answer is delivered. */
function spoil(fault: ParsedFileFault): ParsedFault {
  if (fault.kind === 'reset') return { kind: 'reset', when: 'before-headers' };
  if (fault.kind === 'hang') return { kind: 'hang' };
  return fault.kind === 'slow' ? { ...fault, kind: 'slow' } : { kind: 'pass' };
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    throw refuse(400, 'Invalid JSON payload received.');
  }
}
