import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGemini } from '../../local/gemini/server.ts';
import { announce, post, readJson, upload, waitForEnd } from '../support/client.ts';
import { createHome, type RunningStack, type StackHome, startStack } from '../support/stack.ts';

// The whole stack as a process, another server that speaks the Gemini protocol behind it.

const GEMINI_KEY = 'AIza-key-of-the-test-that-must-stand-nowhere';
const file = new URL('../fixtures/rocket.jpg', import.meta.url);
const photo = readFileSync(file);
const picture = { filename: 'rocket.jpg', contentType: 'image/jpeg', bytes: photo };
let gemini: Awaited<ReturnType<typeof startGemini>>;
let home: StackHome;
let stack: RunningStack;
let s3: S3Client;

beforeAll(async () => {
  gemini = await startGemini({ apiKey: GEMINI_KEY });
  home = await createHome({ GEMINI_API_KEY: GEMINI_KEY, GEMINI_BASE_URL: gemini.url });
  stack = await startStack(home);
  const { accessKeyId, secretAccessKey } = stack.info;
  const credentials = { accessKeyId, secretAccessKey };
  s3 = new S3Client({ endpoint: stack.info.awsEndpoint, region: stack.info.region, credentials });
});
afterAll(async () => {
  if (stack?.process.exitCode === null) await stack.stop();
  await gemini?.close();
});

async function getJson(path: string) {
  const response = await stack.call(path);
  const { status, headers } = response;
  return { status, headers, body: await readJson(response) };
}
async function findByKey(key: string) {
  for (let looks = 0; looks < 40; looks += 1) {
    const { body } = await getJson(`/v1/analyses?key=${encodeURIComponent(key)}`);
    const [found] = body.data;
    if (found && ['succeeded', 'failed', 'rejected'].includes(found.status)) return body.data;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`no analysis of ${key}`);
}

test('a form sent to /v1/analyze is answered with its analysis, and asked of the model as documented', async () => {
  const form = new FormData();
  form.append('file', new Blob([photo], { type: 'image/jpeg' }), 'rocket.jpg');
  form.append('prompt', 'Is it a rocket?');
  const response = await stack.call('/v1/analyze', { method: 'POST', body: form });
  expect(response.status).toBe(200);
  const analysis = (await response.json()) as { id: string };
  expect(analysis).toMatchObject({
    status: 'succeeded',
    cached: false,
    analyzer: { name: 'describe', version: 2 },
    source: { filename: 'rocket.jpg', mediaType: 'image/jpeg', width: 640, height: 427 },
    result: { caption: expect.any(String), answer: expect.any(String) },
    usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
  });
  const asked = gemini.requests.at(-1);
  expect(asked?.path).toBe('/v1beta/models/gemini-3.8-flash:generateContent');
  expect(asked?.headers['x-goog-api-key']).toBe(GEMINI_KEY);
  expect(asked?.body).toMatchObject({
    systemInstruction: { parts: [{ text: expect.any(String) }] },
    contents: [
      {
        parts: [
          { inlineData: { mimeType: 'image/jpeg' } },
          { text: expect.stringMatching(/rocket/) },
        ],
      },
    ],
    generationConfig: {
      responseMimeType: 'application/json',
      responseJsonSchema: { type: 'object' },
    },
  });
});

test('a script behind a picture stays behind, and one by the name of a picture is refused', async () => {
  const mark = '<script>PAYLOAD-51c2</script>';
  const send = (bytes: (string | typeof photo)[]) => {
    const form = new FormData();
    form.append('file', new Blob(bytes, { type: 'image/jpeg' }), 'rocket.jpg');
    return stack.call('/v1/analyze', { method: 'POST', body: form });
  };
  const before = gemini.requests.length;
  expect((await send([photo, mark])).status).toBe(200);
  const [asked, ...more] = gemini.requests.slice(before);
  expect(more).toEqual([]);
  const sent = JSON.stringify(asked?.body).match(/"data":"([^"]+)"/)?.[1] ?? '';
  const derived = Buffer.from(sent, 'base64');
  expect([...derived.subarray(0, 2), ...derived.subarray(-2)]).toEqual([0xff, 0xd8, 0xff, 0xd9]);
  expect(derived.includes(mark)).toBe(false);
  expect((await send([`<svg xmlns="http://www.w3.org/2000/svg">${mark}</svg>`])).status).toBe(415);
  expect(gemini.requests).toHaveLength(before + 1);
});

test('a signed upload is waited for by its ETag, listed, and deleted', async () => {
  const { id, upload: signed } = await announce(stack, {
    filename: 'rocket.jpg',
    contentType: 'image/jpeg',
    contentLength: photo.length,
    tags: ['launch'],
    metadata: { album: 'space' },
  });
  const before = await getJson(`/v1/analyses/${id}`);
  expect(before.body.status).toBe('awaiting_upload');
  const headers = { 'if-none-match': before.headers.get('etag') ?? '' };
  const changed = stack.call(`/v1/analyses/${id}?wait=20`, { headers });
  expect((await post(signed, picture)).status).toBe(204);
  expect((await changed).status).toBe(200);
  const analysis = await waitForEnd(stack, id);
  expect(analysis).toMatchObject({ status: 'succeeded', tags: ['launch'] });

  const tagged = await getJson('/v1/analyses?tag=launch');
  expect(tagged.body.data).toMatchObject([{ id, caption: expect.any(String) }]);
  expect(tagged.body.data[0]).not.toHaveProperty('result');
  const deleted = await stack.call(`/v1/analyses/${id}`, { method: 'DELETE' });
  expect(await deleted.json()).toMatchObject({ id, deleted: { record: 1, object: 1 } });
  expect((await getJson(`/v1/analyses/${id}`)).body.code).toBe('analysis_not_found');
});

test.each([
  'drop/a b+c.jpg',
  'drop/100% %2F.jpg',
  `drop/"it's".jpg`,
  'drop/Größe é ü.jpg',
  'drop/🚀/🐈.jpg',
  'drop/describe/x.jpg',
])('an object dropped as %s is analysed and found by its key', async (Key) => {
  await s3.send(new PutObjectCommand({ Bucket: stack.info.uploadBucket, Key, Body: photo }));
  const found = await findByKey(Key);
  expect(found).toMatchObject([{ status: 'succeeded', source: { key: Key } }]);
  const got = await s3.send(new GetObjectCommand({ Bucket: stack.info.uploadBucket, Key }));
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(photo)).toBe(true);
});

test('the same key written again is a new analysis', async () => {
  const put = { Bucket: stack.info.uploadBucket, Key: 'drop/twice.jpg', Body: photo };
  await s3.send(new PutObjectCommand(put));
  await findByKey(put.Key);
  await s3.send(new PutObjectCommand(put));
  await expect.poll(async () => (await findByKey(put.Key)).length, { timeout: 15_000 }).toBe(2);
});

test('files that are no whole pictures are rejected, and the model is never asked', async () => {
  const background = '#fff';
  const huge = sharp({ create: { width: 8000, height: 8000, channels: 3, background } });
  const hostile = [
    ['type_unsupported', Buffer.from('no picture at all')],
    ['file_malformed', photo.subarray(0, 50_000)],
    ['file_malformed', Buffer.alloc(0)],
    ['file_too_complex', await huge.png({ palette: true, colours: 2 }).toBuffer()],
  ] as const;
  const calls = gemini.requests.length;
  for (const [code, bytes] of hostile) {
    const id = await upload(stack, { ...picture, bytes });
    const { status, error } = await waitForEnd(stack, id);
    expect({ status, error }).toMatchObject({ status: 'rejected', error: { code } });
  }
  expect(gemini.requests).toHaveLength(calls);
});

test('docs/upload.sh uploads by curl alone and prints the analysis', async () => {
  const script = new URL('../../docs/upload.sh', import.meta.url).pathname;
  const env = { ...process.env, SIGHTLINE_DATA: home.dataDir };
  const { stdout } = await promisify(execFile)(script, [file.pathname], { env });
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'succeeded',
    source: { bytes: photo.length },
  });
});

test("the model's key stands in no log and no file but the secret's", () => {
  const holders = listFiles(home.dataDir).filter((path) => readFileSync(path).includes(GEMINI_KEY));
  expect(holders.length).toBeGreaterThan(0);
  for (const path of holders) expect(path.startsWith(join(home.dataDir, 'secrets'))).toBe(true);
  expect(stack.output()).not.toContain(GEMINI_KEY);
  expect(stack.output()).not.toContain(stack.info.apiKey);
});

function listFiles(folder: string): string[] {
  const paths = readdirSync(folder).map((name) => join(folder, name));
  return paths.flatMap((path) => (statSync(path).isDirectory() ? listFiles(path) : [path]));
}

test('stopped in good order and started again, everything is still there', async () => {
  const id = await upload(stack, picture);
  const before = await waitForEnd(stack, id);
  expect(await stack.stop()).toBe(0);
  const { apiKey } = stack.info;
  stack = await startStack(home);
  expect(stack.info.apiKey).toBe(apiKey);
  expect((await getJson(`/v1/analyses/${id}`)).body).toEqual(before);
});
