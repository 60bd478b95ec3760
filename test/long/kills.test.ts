import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { listen } from 'laptop-cloud/listen';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';
import { startBill } from '../support/bill.ts';
import { post } from '../support/client.ts';
import { makeDataDir } from '../support/data-dir.ts';
import { ENDS, QUICK_MODEL_FAULTS } from '../support/model-faults.ts';
import type { FaultyStackOptions } from './faulty-stack.ts';

// The soak with kills: the stack dies at any moment, and begins again on what it had stored. More or fewer:
// KILL_UPLOADS, KILL_TIMES.

const UPLOADS = Number(process.env.KILL_UPLOADS ?? 200);
const KILLS = Number(process.env.KILL_TIMES ?? 10);
const CLIENTS = 8;
/** `modelConcurrency` and `webhookConcurrency` in serverless.yml: calls that one kill can cut off. */
const AT_WORK = 10;
const AWS_RATE = 0.01;
const MODEL_RATE = 0.3;
const BUDGET_USD = 1_000;
const END_MS = 600_000;
/** Of what a kill waits for, in uploads. */
const STEP = Math.floor(UPLOADS / (KILLS + 1));

const STACK = fileURLToPath(new URL('./faulty-stack.ts', import.meta.url));
const API_KEY = 'sk_of_the_kills';
const MODEL_KEY = 'stand-in-key';

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was answered
type Json = any;

let gemini: Gemini;
let billed: Awaited<ReturnType<typeof startBill>>;
let receiver: Awaited<ReturnType<typeof listen>>;
let options: FaultyStackOptions;
let stack: ChildProcess;
const told: string[] = [];
const ids: string[] = [];

beforeAll(async () => {
  gemini = await startGemini({ apiKey: MODEL_KEY });
  gemini.script({ rate: MODEL_RATE, faults: QUICK_MODEL_FAULTS });
  billed = await startBill(gemini.url);
  receiver = await listen(
    createServer((request, response) => {
      told.push(String(request.headers['webhook-id']));
      response.end();
    }),
    0,
  );
  options = {
    dataDir: makeDataDir(),
    port: await findFreePort(),
    modelServer: billed.url,
    modelKey: MODEL_KEY,
    apiKey: API_KEY,
    clientId: 'killed',
    params: { clientBudget: `dayUsd=${BUDGET_USD}` },
    rate: AWS_RATE,
  };
  await start();
  await call('/v1/webhooks', { url: `${receiver.url}/told` });
  let next = 0;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (next < UPLOADS) {
      next += 1;
      ids.push(await uploadStubbornly(next));
    }
  });
  await Promise.all([...clients, killAgainAndAgain()]);
}, 1_800_000);
afterAll(async () => {
  if (stack?.pid) process.kill(-stack.pid, 'SIGKILL');
  await billed?.close();
  await gemini?.close();
  receiver?.cut();
});

async function findFreePort(): Promise<number> {
  const { url, close } = await listen(createServer(), 0);
  await close();
  return Number(new URL(url).port);
}

/** A process group of its own, for its functions die with it. */
async function start(): Promise<void> {
  stack = fork(STACK, [JSON.stringify(options)], { detached: true, stdio: 'inherit' });
  await once(stack, 'message');
}

async function kill(): Promise<void> {
  const gone = once(stack, 'exit');
  process.kill(-(stack.pid ?? 0), 'SIGKILL');
  await gone;
}

/** One after so many uploads, at any moment. */
async function killAgainAndAgain(): Promise<void> {
  for (let kills = 1; kills <= KILLS; kills += 1) {
    while (ids.length < kills * STEP) await sleep(20);
    await sleep(Math.random() * 500);
    await kill();
    console.info(`kill ${kills} after ${ids.length} uploads`);
    await start();
  }
}

async function call(path: string, body?: object): Promise<Json> {
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  const init = body ? { method: 'POST', body: JSON.stringify(body) } : {};
  const response = await fetch(`http://127.0.0.1:${options.port}${path}`, { ...init, headers });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

/** No two alike. */
async function drawPicture(index: number) {
  const background = { r: index % 256, g: (index >> 8) % 256, b: 99 };
  const create = { width: 24, height: 16, channels: 3, background } as const;
  const bytes = await sharp({ create }).png().toBuffer();
  return { filename: `${index}.png`, contentType: 'image/png', bytes };
}

/** Sends until it is acknowledged, over every kill, as a client would. */
async function uploadStubbornly(index: number): Promise<string> {
  const { bytes, ...picture } = await drawPicture(index);
  for (;;) {
    try {
      const { id, upload } = await call('/v1/uploads', picture);
      const { ok } = await post(upload, { ...picture, bytes });
      if (ok) return id;
    } catch {
      await sleep(200);
    }
  }
}

async function listAnalyses(): Promise<Json[]> {
  const found: Json[] = [];
  for (let cursor = ''; ; ) {
    const { data, nextCursor } = await call(`/v1/analyses?limit=100${cursor}`);
    found.push(...data);
    if (!nextCursor) return found;
    cursor = `&cursor=${nextCursor}`;
  }
}

const ENDED = ['succeeded', 'failed', 'rejected'];

describe(`given ${UPLOADS} uploads and ${KILLS} kills`, () => {
  let analyses: Json[] = [];

  test('every acknowledged upload ends, in a documented way, and stands in the list once', async () => {
    const left = async () => {
      analyses = await listAnalyses();
      const ended = new Set(analyses.filter(({ status }) => ENDED.includes(status)).map(idOf));
      return ids.filter((id) => !ended.has(id)).length;
    };
    await expect.poll(left, { timeout: END_MS, interval: 1_000 }).toBe(0);
    expect(new Set(analyses.map(idOf)).size).toBe(analyses.length);
    const own = analyses.filter(({ id }) => ids.includes(id));
    const ends = own.map(({ status, error }) => error?.code ?? status);
    const documented: string[] = ENDS;
    expect(ends.filter((end) => !documented.includes(end))).toEqual([]);
    expect(ends.filter((end) => end === 'succeeded').length).toBeGreaterThan(0.85 * UPLOADS);
  });

  test('each is told of, and none again but where a kill cut the call off', async () => {
    const untold = () => ids.filter((id) => !told.includes(id.replace(/^an_/, 'evt_'))).length;
    await expect.poll(untold, { timeout: END_MS, interval: 500 }).toBe(0);
    expect(told.length - new Set(told).size).toBeLessThanOrEqual(KILLS * AT_WORK);
  });

  test('what was used, and what may have been, is at least what was billed', async () => {
    const { total } = await call('/v1/usage');
    const { bill } = billed;
    console.info({ bill, total });
    expect(total.costUsd + total.unconfirmedUsd).toBeGreaterThanOrEqual(bill.usd - UPLOADS * 1e-6);
    expect(total.costUsd).toBeLessThanOrEqual(bill.usd + UPLOADS * 1e-6);
  });

  test('no end is measured twice', () => {
    const log = readFileSync(join(options.dataDir, 'functions.log'), 'utf8').split('\n');
    const metrics = log.filter((line) => line.includes('"AnalysisEnded":1'));
    const ended = analyses.filter(({ status }) => ENDED.includes(status));
    expect(metrics.length).toBeLessThanOrEqual(ended.length);
    expect(metrics.length).toBeGreaterThanOrEqual(ended.length - KILLS * AT_WORK);
  });
});

function idOf({ id }: Json): string {
  return id;
}
