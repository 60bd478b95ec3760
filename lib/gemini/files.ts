import { randomUUID } from 'node:crypto';
import type { ServiceError } from '../errors.ts';
import { retry, type Sleep } from '../retry.ts';
import { BACKOFF } from './errors.ts';
import {
  type Progress,
  parseFile,
  readProgress,
  readSession,
  type StoredFile,
} from './file-answer.ts';
import { CALL_TIMEOUT_MS, FILE_PIECE_BYTES, TRIES_OF_FILE_CALL } from './limits.ts';
import { readProblem } from './problem.ts';
import { plainBody } from './request.ts';
import { createKeyUser, type ReadKey } from './send.ts';
import {
  type Answer,
  type Exchange,
  exchange,
  keyHeader,
  resolveUrl,
  sendByHttp,
  type Transport,
} from './transport.ts';

export interface FilesOptions {
  /** With or without a slash at its end. */
  baseUrl: string;
  readKey: ReadKey;
  /** Left out: Node's own client. */
  transport?: Transport;
  /** Of one call, in milliseconds. */
  callTimeoutMs?: number;
  /** Bytes sent at once, unless the server wants more. */
  pieceBytes?: number;
  random?: () => number;
  sleep?: Sleep;
}

export interface CallBounds {
  signal: AbortSignal;
  /** Epoch milliseconds. */
  deadline: number;
}

/** Where bytes are sent to. The address is a credential: it goes into no log. */
export interface UploadSession {
  /** Of the file that they become: `files/ID`. */
  name: string;
  uploadUrl: string;
  /** Of every piece but the last. */
  pieceBytes: number;
}

interface Piece {
  bytes: Uint8Array;
  offset: number;
  isLast: boolean;
}

/** Gemini's Files API, by Google's resumable protocol. What fails throws what generateContent's call throws. */
export type ModelFiles = ReturnType<typeof createModelFiles>;

export function createModelFiles(options: FilesOptions) {
  const { baseUrl, readKey, callTimeoutMs: timeoutMs = CALL_TIMEOUT_MS } = options;
  const { transport = sendByHttp, pieceBytes = FILE_PIECE_BYTES } = options;

  type Call = Omit<Exchange, 'timeoutMs' | 'transport'>;
  const send = (call: Call) => exchange({ ...call, timeoutMs, transport });
  const persist = <T>(bounds: CallBounds, work: () => Promise<T>) =>
    retry(work, describeRetry(options, bounds));

  /** With the key; `isGone` says which answers are no errors. */
  function callWithKey(call: Call, isGone: (answer: Answer) => boolean = () => false) {
    return createKeyUser(
      readKey,
      call.signal,
    )(async (key) => {
      const answer = await send({ ...call, headers: { ...call.headers, ...keyHeader(key) } });
      if (answer.status === 200 || isGone(answer)) return answer;
      throw readProblem(answer.status, answer.body, key);
    });
  }

  const urlOf = (name: string) => resolveUrl(baseUrl, `/v1beta/${name}`);

  /** To an upload's own address, which needs no key. */
  function callUpload(uploadUrl: string, call: Omit<Call, 'url' | 'method'>) {
    return send({ ...call, method: 'POST', url: new URL(uploadUrl, baseUrl).href });
  }

  /** Chooses the file's name, so that it is found whatever answer is lost: a new one for each try, for it may be taken. */
  async function startOnce(file: { mediaType: string; bytes: number }, bounds: CallBounds) {
    const name = `files/${randomUUID()}`;
    const headers = {
      'content-type': 'application/json',
      'x-goog-upload-protocol': 'resumable',
      'x-goog-upload-command': 'start',
      'x-goog-upload-header-content-length': String(file.bytes),
      'x-goog-upload-header-content-type': file.mediaType,
    };
    // Nothing of what a client calls its file: names tell of people.
    const body = plainBody(Buffer.from(JSON.stringify({ file: { name } })));
    const url = resolveUrl(baseUrl, '/upload/v1beta/files');
    const answer = await callWithKey({ ...bounds, method: 'POST', url, headers, body });
    return { name, ...readSession(answer.headers, { baseUrl, pieceBytes }) };
  }

  return {
    /** Begins an upload of so many bytes. */
    start: (file: { mediaType: string; bytes: number }, bounds: CallBounds) =>
      persist<UploadSession>(bounds, () => startOnce(file, bounds)),

    /** How much of an upload has come. Tried once, as `send` is: who sends asks again. */
    async findProgress(uploadUrl: string, bounds: CallBounds): Promise<Progress> {
      const headers = { 'x-goog-upload-command': 'query' };
      const answer = await callUpload(uploadUrl, { ...bounds, headers });
      if (answer.status === 200) return readProgress(answer.headers);
      if (isForGood(answer.status)) return 'gone';
      throw problemOf(answer, uploadUrl);
    },

    /** Sends a piece, and with the last one ends the upload. */
    async send(uploadUrl: string, piece: Piece, bounds: CallBounds): Promise<void> {
      const { bytes, offset, isLast } = piece;
      const commands = [...(bytes.length > 0 ? ['upload'] : []), ...(isLast ? ['finalize'] : [])];
      const headers = {
        'x-goog-upload-command': commands.join(', '),
        'x-goog-upload-offset': String(offset),
      };
      const body = bytes.length > 0 ? plainBody(bytes) : undefined;
      const answer = await callUpload(uploadUrl, { ...bounds, headers, body });
      if (answer.status !== 200) throw problemOf(answer, uploadUrl);
    },

    /** Undefined where there is none: Google says 403 of what it does not have. */
    async read(name: string, bounds: CallBounds): Promise<StoredFile | undefined> {
      const call = { ...bounds, method: 'GET', url: urlOf(name), headers: {} } as const;
      const { status, body } = await persist(bounds, () => callWithKey(call, isMissing));
      return status === 200 ? parseFile(body) : undefined;
    },

    /** Removes it; one that is gone already is no error. */
    async remove(name: string, bounds: CallBounds): Promise<void> {
      const call = { ...bounds, method: 'DELETE', url: urlOf(name), headers: {} } as const;
      await persist(bounds, () => callWithKey(call, isMissing));
    },
  };
}

function describeRetry({ random, sleep }: FilesOptions, { signal, deadline }: CallBounds) {
  return {
    ...BACKOFF,
    tries: TRIES_OF_FILE_CALL,
    deadline,
    signal,
    ...(random && { random }),
    ...(sleep && { sleep }),
  };
}

function isMissing({ status }: Answer): boolean {
  return status === 403 || status === 404;
}

/** An upload that is refused so is not there any more; the others may go on. */
function isForGood(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

function problemOf({ status, body }: Answer, uploadUrl: string): ServiceError {
  return readProblem(status, body, uploadUrl);
}
