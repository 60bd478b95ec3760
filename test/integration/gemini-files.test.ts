import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CallBounds, createModelFiles, type FilesOptions } from '../../lib/gemini/files.ts';
import { type SendOptions, sendFile } from '../../lib/gemini/send-file.ts';
import { type FileFault, type Gemini, startGemini } from '../../local/gemini/server.ts';
import { sendJson, startGeminiServer } from '../support/gemini-server.ts';

const KEY = 'the-only-key';
/** Of 8 MiB in service. */
const PIECE_BYTES = 65_536;
// Two whole pieces and some bytes.
const FILE = randomBytes(2 * PIECE_BYTES + 12_345);
const source = {
  bytes: FILE.length,
  read: async (start: number, end: number) => FILE.subarray(start, end),
};
const video = { mediaType: 'video/mp4', bytes: FILE.length };

let gemini: Gemini;
beforeAll(async () => {
  gemini = await startGemini({ apiKey: KEY, processingMs: () => 0, granularityBytes: PIECE_BYTES });
});
afterAll(() => gemini.close());
beforeEach(() => {
  gemini.scriptFiles([]);
  gemini.requests.length = 0;
});

function bounds(): CallBounds {
  return { signal: new AbortController().signal, deadline: Date.now() + 20_000 };
}

function connect(options: Partial<FilesOptions> = {}) {
  const sleep = async () => undefined;
  const own = { baseUrl: gemini.url, readKey: async () => KEY, pieceBytes: PIECE_BYTES, sleep };
  return createModelFiles({ ...own, ...options });
}

const send = (
  url: { uploadUrl: string; pieceBytes: number },
  options: Partial<SendOptions> = {},
  files = connect(),
) =>
  sendFile(files, url, source, {
    ...bounds(),
    sleep: async () => undefined,
    ...options,
  });

/** The commands that were sent, with the offsets of pieces. */
const listCommands = () =>
  gemini.requests.map(({ method, headers }) => {
    const { 'x-goog-upload-command': command = method, 'x-goog-upload-offset': offset } = headers;
    return offset === undefined ? String(command) : `${command} ${offset}`;
  });

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function readReceived(name: string): Buffer {
  const row = gemini.files.find(name);
  if (!row) throw new Error(`no ${name}`);
  return readFileSync(gemini.files.pathOf(row));
}

describe('a file that is sent', () => {
  test('arrives whole, in pieces, is found with its digest, and is gone once removed', async () => {
    const files = connect();
    const session = await files.start(video, bounds());
    expect(await send(session)).toBe('final');
    expect(readReceived(session.name).equals(FILE)).toBe(true);
    expect(listCommands()).toEqual([
      'start',
      'query',
      'upload 0',
      `upload ${PIECE_BYTES}`,
      `upload, finalize ${2 * PIECE_BYTES}`,
    ]);

    expect(await files.read(session.name, bounds())).toEqual({
      uri: expect.stringContaining(session.name),
      state: 'ACTIVE',
      bytes: FILE.length,
      sha256: digestOf(FILE),
      expiresAt: expect.any(Number),
    });
    await files.remove(session.name, bounds());
    expect(await files.read(session.name, bounds())).toBeUndefined();
    await files.remove(session.name, bounds()); // twice is no error
  });

  test('carries the key where it is asked for and nowhere else, and no name of the client', async () => {
    const session = await connect().start(video, bounds());
    expect(session.uploadUrl).toMatch(/^\/upload\//); // of the base address, wherever that is by then
    await send(session);
    const withKey = gemini.requests.filter(({ headers }) => headers['x-goog-api-key'] === KEY);
    expect(withKey.map(({ path }) => path)).toEqual(['/upload/v1beta/files']);
    expect(gemini.requests.some(({ path }) => path.includes(KEY))).toBe(false);
  });

  test('that ends at the end of a piece, arrives', async () => {
    const bytes = PIECE_BYTES;
    const session = await connect().start({ ...video, bytes }, bounds());
    const rest = { ...bounds(), sleep: async () => undefined };
    expect(await sendFile(connect(), session, { ...source, bytes }, rest)).toBe('final');
    expect(readReceived(session.name).equals(FILE.subarray(0, bytes))).toBe(true);
  });

  test('is never held but for two pieces of it', async () => {
    const held = new Set<number>();
    let most = 0;
    const files = connect();
    const session = await files.start(video, bounds());
    const counted = {
      bytes: FILE.length,
      read: async (start: number, end: number) => {
        held.add(start);
        most = Math.max(most, held.size);
        return FILE.subarray(start, end);
      },
    };
    const sending = {
      ...files,
      send: async (...given: Parameters<typeof files.send>) => {
        await files.send(...given);
        held.delete(given[1].offset);
      },
    };
    await sendFile(sending, session, counted, bounds());
    expect(most).toBe(2);
  });
});

const RESETS: FileFault[] = (['query', 'upload', 'finalize'] as const).flatMap((step) => [
  { kind: 'reset', step, when: 'at-once' },
  ...(step === 'query' ? [] : [{ kind: 'reset', step, when: 'half-way' } as const]),
  { kind: 'reset', step, when: 'unanswered' },
  { kind: 'status', step, status: 503 },
  { kind: 'hang', step },
]);

describe('a fault', () => {
  test.each(RESETS)('%j: the file arrives whole, from where the server had it', async (fault) => {
    const session = await connect().start(video, bounds());
    gemini.scriptFiles([fault]);
    const files = connect(fault.kind === 'hang' ? { callTimeoutMs: 500 } : {});
    expect(await send(session, {}, files)).toBe('final');
    expect(readReceived(session.name).equals(FILE)).toBe(true);
    const pieces = listCommands().filter((command) => /^upload/.test(command));
    expect(pieces.length).toBeLessThanOrEqual(4);
  });

  test.each<FileFault>([
    { kind: 'reset', step: 'start' },
    { kind: 'reset', step: 'start', when: 'unanswered' },
    { kind: 'status', step: 'start', status: 503 },
    { kind: 'reset', step: 'get', when: 'unanswered' },
    { kind: 'status', step: 'delete', status: 500 },
  ])('%j: is tried again', async (fault) => {
    gemini.scriptFiles([fault]);
    const files = connect();
    const session = await files.start({ mediaType: 'audio/mpeg', bytes: 5 }, bounds());
    await files.send(
      session.uploadUrl,
      { bytes: Buffer.from('bytes'), offset: 0, isLast: true },
      bounds(),
    );
    expect(await files.read(session.name, bounds())).toMatchObject({ state: 'ACTIVE' });
    await files.remove(session.name, bounds());
    expect(gemini.files.find(session.name)).toBeUndefined();
  });

  test('that does not end: it is thrown, and the next worker goes on from there', async () => {
    const session = await connect().start(video, bounds());
    let pieces = 0;
    gemini.scriptFiles((step) => {
      if (step === 'upload') pieces += 1;
      return pieces > 1 ? { kind: 'status', status: 503 } : undefined;
    });
    await expect(send(session)).rejects.toMatchObject({ code: 'model_unavailable' });
    gemini.scriptFiles([]);
    gemini.requests.length = 0;
    expect(await send(session)).toBe('final');
    expect(listCommands()[1]).toBe(`upload ${PIECE_BYTES}`);
    expect(readReceived(session.name).equals(FILE)).toBe(true);
  });

  test('a server that takes nothing but says that all is well: it ends as a refusal', async () => {
    const session = await connect().start(video, bounds());
    gemini.scriptFiles((step) => (step === 'upload' ? { kind: 'status', status: 400 } : undefined));
    await expect(send(session)).rejects.toMatchObject({ code: 'model_request_refused' });
  });

  test('a piece is refused once: the server is asked, and all arrives', async () => {
    const session = await connect().start(video, bounds());
    gemini.scriptFiles([{ kind: 'status', step: 'upload', status: 400 }]);
    expect(await send(session)).toBe('final');
    expect(readReceived(session.name).equals(FILE)).toBe(true);
  });

  test('all has come, and the end of it was not told: it is told without a byte more', async () => {
    const bytes = PIECE_BYTES;
    const files = connect();
    const session = await files.start({ ...video, bytes }, bounds());
    const piece = { bytes: FILE.subarray(0, bytes), offset: 0, isLast: false };
    await files.send(session.uploadUrl, piece, bounds());
    expect(await sendFile(files, session, { ...source, bytes }, bounds())).toBe('final');
    expect(listCommands().at(-1)).toBe(`finalize ${bytes}`);
  });

  test('the server has more than there is: that upload is of something else', async () => {
    const session = await connect().start(video, bounds());
    await send(session, { mustPause: () => true });
    const shorter = { ...source, bytes: 5 };
    expect(await sendFile(connect(), session, shorter, bounds())).toBe('gone');
  });

  test('the upload was cancelled: it cannot be gone on with', async () => {
    const session = await connect().start(video, bounds());
    const headers = { 'x-goog-upload-command': 'cancel' };
    await fetch(new URL(session.uploadUrl, gemini.url), { method: 'POST', headers });
    expect(await send(session)).toBe('gone');
  });

  test('the upload is gone: nothing can be gone on with', async () => {
    const session = await connect().start(video, bounds());
    gemini.scriptFiles([{ kind: 'lose', step: 'upload' }]);
    expect(await send(session)).toBe('gone');
  });

  test('time is short: it stops behind a piece, and is gone on with later', async () => {
    const session = await connect().start(video, bounds());
    expect(await send(session, { mustPause: () => true })).toBe('paused');
    expect(listCommands()).toEqual(['start', 'query', 'upload 0']);
    expect(await send(session)).toBe('final');
    expect(readReceived(session.name).equals(FILE)).toBe(true);
  });

  test('the store gives less than was asked for: nothing false is sent', async () => {
    const session = await connect().start(video, bounds());
    const short = { bytes: FILE.length, read: async () => Buffer.from('short') };
    await expect(sendFile(connect(), session, short, bounds())).rejects.toThrow('Not the bytes');
  });
});

describe('an answer', () => {
  test.each<[string, { url?: string; granularity?: string }, string]>([
    ['no address', {}, 'model_unavailable'],
    ['an address in the clear elsewhere', { url: 'http://files.example/' }, 'model_unavailable'],
    ['pieces too large to hold', { granularity: '1073741824' }, 'model_request_refused'],
  ])('with %s is not gone by', async (_, { url, granularity }, code) => {
    const server = await startGeminiServer([
      (response) => {
        const own = granularity && `${server.url}/upload`;
        if (url ?? own) response.setHeader('x-goog-upload-url', url ?? own ?? '');
        if (granularity) response.setHeader('x-goog-upload-chunk-granularity', granularity);
        sendJson(200, {})(response, { method: '', url: '', headers: {}, text: '', body: {} });
      },
    ]);
    const files = connect({ baseUrl: server.url });
    await expect(files.start(video, bounds())).rejects.toMatchObject({ code });
    await server.close();
  });

  test('that says null and numbers in place of words is read all the same', async () => {
    const uri = 'https://files.example/v1beta/files/a';
    const odd = { uri, state: 2, sizeBytes: null, sha256Hash: null, expirationTime: null };
    const server = await startGeminiServer([sendJson(200, odd)]);
    const file = await connect({ baseUrl: server.url }).read('files/a', bounds());
    expect(file).toMatchObject({ uri, state: 'ACTIVE', bytes: undefined, sha256: undefined });
    await server.close();
  });

  test('that refuses the key is told from a file that is missing', async () => {
    const files = connect({ readKey: async () => 'another' });
    await expect(files.start(video, bounds())).rejects.toMatchObject({ code: 'model_auth_failed' });
    expect(await connect().read('files/none', bounds())).toBeUndefined();
  });

  test('never quotes the address of an upload in an error', async () => {
    const session = await connect().start(video, bounds());
    gemini.scriptFiles(() => ({ kind: 'status', status: 400 }));
    const error: unknown = await send(session).catch((thrown: unknown) => thrown);
    const words = JSON.stringify(error, Object.getOwnPropertyNames(error ?? {}));
    expect(words).not.toContain(session.uploadUrl.slice(-40));
  });
});
