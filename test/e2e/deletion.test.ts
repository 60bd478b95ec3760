import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readJson, upload, waitForEnd } from '../support/client.ts';
import { markJpeg } from '../support/pictures.ts';
import { createHome, type RunningStack, type StackHome, startStack } from '../support/stack.ts';

// The whole stack as a process: after a deletion, no file of it tells of the picture.

vi.setConfig({ testTimeout: 120_000 });
const PATIENCE = { timeout: 30_000, interval: 250 };
const NAME = 'a-name-that-must-go.jpg';
const WORDS = 'words-that-must-go';
const rocket = readFileSync(new URL('../fixtures/rocket.jpg', import.meta.url));
const bytes = markJpeg(rocket);
const picture = { filename: NAME, contentType: 'image/jpeg', bytes };
const more = { prompt: WORDS, tags: [WORDS], metadata: { album: WORDS } };
let home: StackHome;
let stack: RunningStack;

beforeAll(async () => {
  home = await createHome({ RATE_LIMIT_PER_MINUTE: '0' });
  stack = await startStack(home);
});
afterAll(() => stack?.stop());

const TRACES = {
  bytes: bytes.subarray(bytes.length / 2, bytes.length / 2 + 64),
  sha256: createHash('sha256').update(bytes).digest('hex'),
  digest: createHash('sha256').update(bytes).digest('base64'),
  name: NAME,
  nameInKeys: Buffer.from(NAME).toString('hex'), // as dynalite has it in its keys
  words: WORDS,
};

/** What of the picture stands in which file, as `trace in file`. */
function findTraces(): string[] {
  const entries = readdirSync(home.dataDir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const content = readFileSync(join(entry.parentPath, entry.name));
      const found = Object.entries(TRACES).filter(([, trace]) => content.includes(trace));
      return found.map(([trace]) => `${trace} in ${entry.name}`);
    });
}

async function sendForm() {
  const body = new FormData();
  body.append('file', new Blob([Uint8Array.from(bytes)], { type: 'image/jpeg' }), NAME);
  body.append('prompt', WORDS);
  const headers = { 'idempotency-key': 'once' };
  return readJson(await stack.call('/v1/analyze', { method: 'POST', headers, body }));
}

async function drop(): Promise<string> {
  const { awsEndpoint: endpoint, region, uploadBucket: Bucket } = stack.info;
  const { accessKeyId, secretAccessKey } = stack.info;
  const s3 = new S3Client({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  const Key = `drop/${NAME}`;
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: bytes }));
  const find = async () => (await readJson(await stack.call(`/v1/analyses?key=${Key}`))).data;
  await expect.poll(find, PATIENCE).toMatchObject([{ status: 'succeeded' }]);
  return (await find())[0].id;
}

test('uploaded, sent by form, dropped and deleted, then only the receipts know of it', async () => {
  const uploaded = await upload(stack, picture, { ...more, sha256: TRACES.sha256 });
  expect(await waitForEnd(stack, uploaded)).toMatchObject({ status: 'succeeded' });
  const { id: sent } = await sendForm();
  const dropped = await drop();
  const kinds = new Set(findTraces().map((trace) => trace.split(' ')[0]));
  for (const kind of ['bytes', 'sha256', 'name', 'words']) expect(kinds).toContain(kind);

  for (const id of [uploaded, sent, dropped]) {
    const receipt = await readJson(await stack.call(`/v1/analyses/${id}`, { method: 'DELETE' }));
    expect(receipt).toMatchObject({ id, deleted: { record: 1, object: 1 } });
  }
  await expect.poll(findTraces, PATIENCE).toEqual([]);
  expect(stack.output()).not.toContain(NAME);
});

test('given that all of a client goes at once, then nothing is left either, also after a kill', async () => {
  const id = await upload(stack, picture, more);
  await waitForEnd(stack, id);
  await drop();
  const all = await stack.call('/v1/clients/me/data', { method: 'DELETE' });
  expect(await readJson(all)).toMatchObject({ complete: true, deleted: { record: 2, object: 2 } });
  await stack.kill();
  stack = await startStack(home);
  await expect.poll(findTraces, PATIENCE).toEqual([]);
});
