import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGemini } from '../../local/gemini/server.ts';
import { type Picture, upload, waitForEnd } from '../support/client.ts';
import { createHome, type RunningStack, type StackHome, startStack } from '../support/stack.ts';

// More by hand: KILL_UPLOADS=200 KILL_TIMES=5
const UPLOADS = Number(process.env.KILL_UPLOADS ?? 24);
const KILLS = Number(process.env.KILL_TIMES ?? 2);
const CLIENTS = 8;
/** `maximumConcurrency` in serverless.yml: calls that one kill can cut off. */
const WORKERS = 10;
const MINUTES = Math.ceil(UPLOADS / 40) + 1;

let gemini: Awaited<ReturnType<typeof startGemini>>;
let home: StackHome;
let stack: RunningStack;

beforeAll(async () => {
  gemini = await startGemini({ apiKey: 'key-of-the-test' });
  gemini.script(() => ({ kind: 'slow', milliseconds: 300 }));
  const model = { GEMINI_API_KEY: 'key-of-the-test', GEMINI_BASE_URL: gemini.url };
  home = await createHome(model);
  stack = await startStack(home);
});
afterAll(async () => {
  await stack?.stop();
  await gemini?.close();
});

/** No two alike, so that the model can tell them apart. */
async function createPicture(index: number): Promise<Picture> {
  const background = { r: (index * 37) % 256, g: (index * 91) % 256, b: (index * 153) % 256 };
  const blank = sharp({ create: { width: 64, height: 48, channels: 3, background } });
  const bytes = await blank.png().toBuffer();
  return { filename: `${index}.png`, contentType: 'image/png', bytes };
}

/** Sends until it is acknowledged, over every kill, as a client would. */
async function uploadStubbornly(index: number): Promise<string> {
  const picture = await createPicture(index);
  for (;;) {
    try {
      return await upload(stack, picture);
    } catch {
      await sleep(200);
    }
  }
}

async function killSeveralTimes() {
  for (let kills = 0; kills < KILLS; kills += 1) {
    await sleep(1_000 + Math.random() * 3_000);
    await stack.kill();
    stack = await startStack(home);
  }
}

test(
  'given kills at any moment, then every acknowledged upload succeeds, once in the list, and is asked once or once more a kill',
  async () => {
    const ids: string[] = [];
    let next = 0;
    const clients = Array.from({ length: CLIENTS }, async () => {
      while (next < UPLOADS) {
        next += 1;
        ids.push(await uploadStubbornly(next));
      }
    });
    await Promise.all([...clients, killSeveralTimes()]);

    for (const id of ids) {
      const { status, error } = await waitForEnd(stack, id, 60);
      expect({ id, status, error }).toEqual({ id, status: 'succeeded', error: undefined });
    }
    const listed = await listAll();
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toEqual(expect.arrayContaining(ids));

    const asked = countCalls();
    // An upload cut off before its acknowledgement was sent again, and may have been analysed, too.
    const sent = listed.length;
    expect(asked.size).toBe(UPLOADS);
    const extra = [...asked.values()].reduce((sum, calls) => sum + calls, 0) - sent;
    expect(extra).toBeLessThanOrEqual(KILLS * WORKERS);
  },
  MINUTES * 60_000,
);

test('given a kill while a request with an Idempotency-Key is under way, then the same request is served at once', async () => {
  const { bytes } = await createPicture(UPLOADS + 1);
  const send = () => {
    const form = new FormData(); // with a boundary of its own each time
    form.append('file', new Blob([Uint8Array.from(bytes)]), 'a.png');
    const headers = { 'idempotency-key': 'killed' };
    return stack.call('/v1/analyze', { method: 'POST', body: form, headers });
  };
  const asked = gemini.requests.length;
  gemini.script(() => ({ kind: 'slow', milliseconds: 60_000 }));
  const cutOff = send().catch(() => undefined);
  await expect.poll(() => gemini.requests.length, { timeout: 20_000 }).toBe(asked + 1);
  await stack.kill();
  await cutOff;
  gemini.script(() => ({ kind: 'slow', milliseconds: 0 }));
  stack = await startStack(home);
  const served = await send();
  expect(await served.json()).toMatchObject({ status: 'succeeded' });
  expect(served.status).toBe(200);
  const again = await send();
  expect(again.status).toBe(200);
  expect(gemini.requests.length).toBe(asked + 2);
});

/** Ids of all analyses that have ended well. */
async function listAll(): Promise<string[]> {
  const ids: string[] = [];
  let cursor = '';
  do {
    const response = await stack.call(`/v1/analyses?limit=100&status=succeeded${cursor}`);
    const { data, nextCursor } = (await response.json()) as {
      data: { id: string }[];
      nextCursor: string | null;
    };
    ids.push(...data.map(({ id }) => id));
    cursor = nextCursor ? `&cursor=${nextCursor}` : '';
    if (!nextCursor) return ids;
  } while (cursor);
  return ids;
}

/** Calls of the model by what was sent. */
function countCalls(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { body } of gemini.requests) {
    const digest = createHash('sha256').update(JSON.stringify(body)).digest('hex');
    counts.set(digest, (counts.get(digest) ?? 0) + 1);
  }
  return counts;
}
