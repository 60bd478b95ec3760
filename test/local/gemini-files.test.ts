import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';

const API_KEY = 'the-only-key';
const PIECE_BYTES = 1_024;
const FILE = Buffer.alloc(PIECE_BYTES + 500, 'a video');
const DAYS_MS = 86_400_000;

const filesFolder = mkdtempSync(join(tmpdir(), 'sightline-files-'));
let gemini: Gemini;
let skippedMs = 0;
const start = () =>
  startGemini({
    apiKey: API_KEY,
    filesFolder,
    granularityBytes: PIECE_BYTES,
    now: () => Date.now() + skippedMs,
  });
beforeAll(async () => {
  gemini = await start();
});
afterAll(async () => {
  await gemini.close();
  rmSync(filesFolder, { recursive: true });
});
beforeEach(() => {
  skippedMs = 0;
});

const withKey = { 'x-goog-api-key': API_KEY };

function begin(headers: Record<string, string> = {}, body: object = {}) {
  return fetch(`${gemini.url}/upload/v1beta/files`, {
    method: 'POST',
    headers: {
      ...withKey,
      'x-goog-upload-protocol': 'resumable',
      'x-goog-upload-command': 'start',
      'x-goog-upload-header-content-length': String(FILE.length),
      'x-goog-upload-header-content-type': 'video/mp4',
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

async function beginAt(): Promise<string> {
  const begun = await begin();
  expect(begun.headers.get('x-goog-upload-chunk-granularity')).toBe(String(PIECE_BYTES));
  return begun.headers.get('x-goog-upload-url') ?? '';
}

/** `from` to `to` of the file; the address may be of the same stand-in before it was started again. */
function send(url: string, command: string, [from, to] = [0, 0], offset = from) {
  const { pathname, search } = new URL(url);
  const headers = { 'x-goog-upload-command': command, 'x-goog-upload-offset': String(offset) };
  const body = FILE.subarray(from, to);
  return fetch(`${gemini.url}${pathname}${search}`, { method: 'POST', headers, body });
}

async function sendWhole() {
  const sent = await send(await beginAt(), 'upload, finalize', [0, FILE.length]);
  const { file } = (await sent.json()) as { file: { name: string; uri: string; state: string } };
  return file;
}

const call = (path: string, method = 'GET') =>
  fetch(`${gemini.url}/v1beta/${path}`, { method, headers: withKey });
const readState = async (name: string) =>
  ((await (await call(name)).json()) as { state: string }).state;

function askAbout(fileUri: string) {
  const parts = [{ fileData: { fileUri, mimeType: 'image/png' } }, { text: 'What is it?' }];
  const body = JSON.stringify({ contents: [{ parts }] });
  const url = `${gemini.url}/v1beta/models/gemini-3.8-flash:generateContent`;
  return fetch(url, { method: 'POST', headers: withKey, body });
}

test.each<[string, Record<string, string>, object, number]>([
  ['with another key', { 'x-goog-api-key': 'another' }, {}, 400],
  ['of no size', { 'x-goog-upload-header-content-length': '0' }, {}, 400],
  ['over 2 GB', { 'x-goog-upload-header-content-length': '2147483649' }, {}, 400],
  ['of no type', { 'x-goog-upload-header-content-type': '' }, {}, 400],
  ['by another protocol', { 'x-goog-upload-protocol': 'raw' }, {}, 400],
  ['of a name that climbs', {}, { file: { name: 'files/../../x' } }, 400],
  ['of a name in capitals', {}, { file: { name: 'files/ABC' } }, 400],
])('an upload %s is refused', async (_, headers, body, status) => {
  expect((await begin(headers, body)).status).toBe(status);
});

test('a name is given once', async () => {
  const named = { file: { name: 'files/my-own' } };
  expect((await begin({}, named)).status).toBe(200);
  expect((await begin({}, named)).status).toBe(409);
});

test('pieces are taken in their order and size, and the end only when all is there', async () => {
  const url = await beginAt();
  expect((await send(url, 'upload', [0, 500])).status).toBe(400);
  expect((await send(url, 'upload', [0, PIECE_BYTES], PIECE_BYTES)).status).toBe(400);
  expect((await send(url, 'upload', [0, PIECE_BYTES])).status).toBe(200);
  expect((await send(url, 'finalize')).status).toBe(400);
  const { headers } = await send(url, 'query');
  expect(headers.get('x-goog-upload-status')).toBe('active');
  expect(headers.get('x-goog-upload-size-received')).toBe(String(PIECE_BYTES));
  expect((await send(url, 'upload, finalize', [PIECE_BYTES, FILE.length])).status).toBe(200);
  expect((await send(url, 'upload', [0, PIECE_BYTES])).status).toBe(400);
  expect((await send(`${gemini.url}/upload/v1beta/files?upload_id=none`, 'query')).status).toBe(
    404,
  );
});

test('a video is looked through first, and only then asked about', async () => {
  const { name, uri, state } = await sendWhole();
  expect(state).toBe('PROCESSING');
  expect((await askAbout(uri)).status).toBe(400);
  skippedMs = 10_000;
  expect(await readState(name)).toBe('ACTIVE');
});

test('a file is gone once removed, and after two days, from the disk, too', async () => {
  const [one, other] = [await sendWhole(), await sendWhole()];
  expect((await call(one.name, 'DELETE')).status).toBe(200);
  expect((await call(one.name)).status).toBe(403);
  expect((await askAbout(one.uri)).status).toBe(403);
  skippedMs = 2 * DAYS_MS + 1_000;
  expect((await call(other.name)).status).toBe(403);
  expect(readdirSync(filesFolder)).toEqual([]);
});

test('files, and uploads on their way, outlive the stand-in', async () => {
  const { name } = await sendWhole();
  const url = await beginAt();
  await send(url, 'upload', [0, PIECE_BYTES]);
  await gemini.close();
  // Of a piece that a power cut has ended.
  const row = gemini.files.findUpload(new URL(url).searchParams.get('upload_id') ?? '');
  if (row) appendFileSync(gemini.files.pathOf(row), 'the first bytes of another piece');
  gemini = await start();
  skippedMs = 10_000;
  expect(await readState(name)).toBe('ACTIVE');
  expect((await send(url, 'upload, finalize', [PIECE_BYTES, FILE.length])).status).toBe(200);
  const { files } = (await (await call('files')).json()) as { files: object[] };
  expect(files).toHaveLength(2);
});
