import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FileFault, startGemini } from '../../local/gemini/server.ts';
import { readJson, waitForEnd } from '../support/client.ts';
import { writeLargeVideo } from '../support/large-video.ts';
import { createHome, type RunningStack, type StackHome, startStack } from '../support/stack.ts';

// The size that it is about, by hand: LARGE_FILE_MB=1500
const BYTES = Number(process.env.LARGE_FILE_MB ?? 42) * 1_000_000;
const MINUTES = 2 + Math.ceil(BYTES / 250_000_000);
/** What process-upload may hold, in MB, however large the file. */
const MAX_MEMORY_MB = 300;

/** One of each, each at the next call of its step. */
const FAULTS: FileFault[] = [
  { kind: 'reset', step: 'start', when: 'unanswered' },
  { kind: 'reset', step: 'query' },
  { kind: 'reset', step: 'upload' },
  { kind: 'reset', step: 'upload', when: 'half-way' },
  { kind: 'reset', step: 'upload', when: 'unanswered' },
  { kind: 'reset', step: 'finalize', when: 'half-way' },
  { kind: 'reset', step: 'finalize', when: 'unanswered' },
  { kind: 'reset', step: 'get' },
  { kind: 'reset', step: 'delete' },
];

const folder = mkdtempSync(join(tmpdir(), 'sightline-large-'));
const path = join(folder, 'large.mp4');
let gemini: Awaited<ReturnType<typeof startGemini>>;
let home: StackHome;
let stack: RunningStack;
let sha256: string;

beforeAll(async () => {
  const clip = readFileSync(new URL('../fixtures/clip.mp4', import.meta.url));
  sha256 = await writeLargeVideo(path, clip, BYTES);
  gemini = await startGemini({ apiKey: 'key-of-the-test', processingMs: () => 500 });
  const model = { GEMINI_API_KEY: 'key-of-the-test', GEMINI_BASE_URL: gemini.url };
  home = await createHome(model);
  stack = await startStack(home);
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await gemini?.close();
  rmSync(folder, { recursive: true });
});

async function drop(key: string) {
  const { awsEndpoint: endpoint, region, uploadBucket: Bucket, ...keys } = stack.info;
  const s3 = new S3Client({ endpoint, region, credentials: keys, forcePathStyle: true });
  const Body = createReadStream(path);
  await s3.send(new PutObjectCommand({ Bucket, Key: key, Body, ContentLength: BYTES }));
  s3.destroy();
}

async function findByKey(key: string): Promise<{ id: string; status: string } | undefined> {
  const { data } = await readJson(await stack.call(`/v1/analyses?key=${encodeURIComponent(key)}`));
  return data[0];
}

/** Offsets of the pieces that were sent, in order. */
const listOffsets = () =>
  gemini.requests.flatMap(({ headers }) => headers['x-goog-upload-offset'] ?? []).map(Number);
const countStarts = () =>
  gemini.requests.filter(({ headers }) => headers['x-goog-upload-command'] === 'start').length;

/** The most that an invocation of process-upload held, in MB. */
function readMemory(): number {
  const log = readFileSync(join(home.dataDir, 'logs', 'sightline.log'), 'utf8');
  const reports = log.split('\n').filter((line) => line.includes('"platform.report"'));
  const own = reports.map((line) => JSON.parse(line));
  const sizes = own.filter((report) => report.function === 'process-upload');
  return Math.max(...sizes.map(({ maxMemoryMb }) => Number(maxMemoryMb)));
}

test(
  'given a large video, resets at every step of its way to the model and a kill, then it goes on from the last offset, and what arrives is what was sent',
  async () => {
    const seen: (string | undefined)[] = [];
    gemini.script(() => {
      seen.push(...gemini.files.list().map((file) => file.sha256));
      return undefined;
    });
    const faults = [...FAULTS];
    gemini.scriptFiles((step) => {
      const index = faults.findIndex((fault) => fault.step === step);
      if (index >= 0) return faults.splice(index, 1)[0];
      // Otherwise the kill might find nothing left to send.
      return step === 'upload' ? { kind: 'slow', milliseconds: 200 } : undefined;
    });

    const key = 'drop/large.mp4';
    await drop(key);
    while (Math.max(0, ...listOffsets()) < BYTES / 3) await sleep(20);
    await stack.kill();
    const sentBefore = listOffsets();
    stack = await startStack(home);

    const { id = '' } = (await findByKey(key)) ?? {};
    const { status, error, source } = await waitForEnd(stack, id, MINUTES * 60);
    expect({ status, error }).toEqual({ status: 'succeeded', error: undefined });
    expect(source).toMatchObject({ bytes: BYTES, sha256 });

    expect(seen).toEqual([sha256]);
    expect(countStarts()).toBe(2); // the second, for the answer to the first was lost
    const [next = 0] = listOffsets().slice(sentBefore.length);
    expect(next).toBeGreaterThanOrEqual(BYTES / 3 - 8_388_608);
    await expect.poll(() => gemini.files.list(), { timeout: 10_000 }).toEqual([]); // after the end is told
    expect(faults).toEqual([]);
    const memoryMb = readMemory();
    console.info(`${BYTES} bytes, process-upload held at most ${memoryMb} MB`);
    expect(memoryMb).toBeLessThan(MAX_MEMORY_MB);
    expect(stack.output()).not.toContain('upload_id');
  },
  MINUTES * 60_000,
);
