import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../../packages/client/index.js';
import { findChromium, launchChromium } from '../support/chromium.ts';
import { createHome, type RunningStack, startStack } from '../support/stack.ts';

const PHOTO = fileURLToPath(new URL('../fixtures/rocket.jpg', import.meta.url));
const photo = new File([readFileSync(PHOTO)], 'rocket.jpg', { type: 'image/jpeg' });
const chromium = findChromium();
let stack: RunningStack;
let browser: Browser | undefined;
let client: Client;

beforeAll(async () => {
  const home = await createHome();
  [stack, browser] = await Promise.all([
    startStack(home),
    chromium ? launchChromium(chromium) : undefined,
  ]);
  client = createClient({ baseUrl: stack.info.apiUrl, key: stack.info.apiKey });
});
afterAll(() => Promise.all([stack?.stop(), browser?.close()]));

test('the script in the README uploads with progress and waits for the answer', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const script = /```js\n(.*?)```/s.exec(readme)?.[1] ?? '';
  expect(script.trim().split('\n').length).toBeLessThanOrEqual(16);
  const folder = mkdtempSync(join(tmpdir(), 'sightline-client-'));
  mkdirSync(join(folder, 'node_modules/@sightline'), { recursive: true });
  const own = fileURLToPath(new URL('../../packages/client', import.meta.url));
  symlinkSync(own, join(folder, 'node_modules/@sightline/client'));
  writeFileSync(join(folder, 'script.mjs'), script);
  const env = {
    ...process.env,
    SIGHTLINE_URL: stack.info.apiUrl,
    SIGHTLINE_KEY: stack.info.apiKey,
  };
  const asked = ['script.mjs', PHOTO, 'Is it a rocket?'];
  const { stdout } = await promisify(execFile)(process.execPath, asked, { cwd: folder, env });
  rmSync(folder, { recursive: true });
  expect(stdout).toMatch(/^\d+ % sent\n.*100 % sent\nsucceeded Measured, not understood/s);
});

test('a file goes up, is followed to its end, listed and deleted', async () => {
  const progress: number[] = [];
  const seen: string[] = [];
  const announced = await client.upload(photo, {
    tags: ['client'],
    fresh: true,
    onProgress: (sent, total) => progress.push(sent / total),
  });
  expect(progress.at(-1)).toBe(1);
  expect(progress).toEqual(progress.toSorted((one, other) => one - other));
  const ended = await client.waitFor(announced.id, { onChange: ({ status }) => seen.push(status) });
  expect(ended).toMatchObject({ status: 'succeeded', tags: ['client'] });
  expect(seen.at(-1)).toBe('succeeded');
  const listed: string[] = [];
  for await (const { id } of client.list({ tag: 'client', limit: 1 })) listed.push(id);
  expect(listed).toEqual([announced.id]);
  expect(await client.delete(announced.id)).toMatchObject({ deleted: { record: 1, object: 1 } });
  await expect(client.get(announced.id)).rejects.toMatchObject({
    name: 'SightlineError',
    code: 'analysis_not_found',
    status: 404,
  });
});

test('a file larger than announced is refused by the storage, in its words', async () => {
  const lying = new File([new Uint8Array(2_000_000)], 'large.jpg', { type: 'image/jpeg' });
  Object.defineProperty(lying, 'size', { value: 10 });
  await expect(client.upload(lying)).rejects.toThrow();
});

/** A little larger than what a form may send. */
function makeLargeFile(): File {
  const mebibyte = Buffer.alloc(1_048_576, 7);
  const head = Buffer.from('RIFF\0\0\0\0WAVEfmt ', 'latin1');
  const parts = [head, ...Array.from({ length: 100 }, () => mebibyte)];
  return new File(parts, 'long.wav'); // its type is told by the name alone
}

test('a large file goes in parts; paused, it goes on with those that are not there', async () => {
  const large = makeLargeFile();
  const announced = await client.announce(large, { analyzer: 'describe' });
  const { upload } = announced;
  if (upload?.method !== 'MULTIPART') throw new Error('not in parts');
  const pause = new AbortController();
  const seen: number[] = [];
  const paused = client.send(upload, large, {
    signal: pause.signal,
    onProgress(sent) {
      seen.push(sent);
      if (sent > large.size / 2) pause.abort(new Error('paused'));
    },
  });
  await expect(paused).rejects.toThrow('paused');
  const again: number[] = [];
  await client.send(upload, large, {
    onProgress(sent, total) {
      again.push(sent);
      expect(total).toBe(large.size);
    },
  });
  expect(again[0]).toBeGreaterThan(large.size / 4); // what had come was not sent again
  expect(again.at(-1)).toBe(large.size);
  await client.send(upload, large); // nothing is left to do
  const ended = await client.waitFor(announced.id);
  // Sound is not what it describes: so that nobody reads all of it.
  expect(ended).toMatchObject({ status: 'rejected', source: { bytes: large.size } });
  expect(await client.delete(announced.id)).toMatchObject({ deleted: { object: 1 } });
});

test('a large file is cancelled on its way, and nothing of it is left', async () => {
  const large = makeLargeFile();
  const { id, upload } = await client.announce(large, { analyzer: 'describe' });
  const stop = new AbortController();
  const onProgress = () => stop.abort();
  if (upload) await client.send(upload, large, { onProgress, signal: stop.signal }).catch(() => {});
  expect(await client.cancel(id)).toMatchObject({ deleted: { record: 1, object: 1 } });
  await expect(client.get(id)).rejects.toMatchObject({ code: 'analysis_not_found' });
});

/** An empty document of the service's: the client is all that works in it. */
async function openEmpty(): Promise<Page> {
  const context = await browser?.newContext({ bypassCSP: true });
  const page = await context?.newPage();
  if (!page) throw new Error('There is no browser.');
  await page.goto(`${stack.info.apiUrl}/icon.svg`);
  return page;
}

/** The client's modules for a page, not by way of Playwright, which would then carry every part, too. */
async function serveModules() {
  const server = createServer((request, response) => {
    const file = new URL(`../../packages/client/${request.url?.slice(1)}`, import.meta.url);
    const headers = { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' };
    response.writeHead(200, headers).end(readFileSync(file));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return { modules: `http://127.0.0.1:${port}`, close: () => server.close() };
}

test.skipIf(!chromium)('the same in a browser, as modules, without a build', async () => {
  const page = await openEmpty();
  const { modules, close } = await serveModules();
  const bytes = readFileSync(PHOTO).toString('base64');
  const { apiUrl: baseUrl, apiKey: key } = stack.info;
  const done = await page.evaluate(
    `(${USE_CLIENT})(${JSON.stringify({ modules, baseUrl, key, bytes })})`,
  );
  expect(done).toMatchObject({ status: 'succeeded', progress: 1 });
  await page.close();
  close();
});

test.skipIf(!chromium)('a page that was loaded anew goes on with what it was sending', async () => {
  const page = await openEmpty();
  let begun: (string | null)[] = [];
  let finished = 0;
  page.on('request', (request) => {
    if (request.method() === 'PUT')
      begun.push(new URL(request.url()).searchParams.get('partNumber'));
  });
  page.on('requestfinished', (request) => {
    if (request.method() === 'PUT') finished += 1;
  });
  const { apiUrl: baseUrl, apiKey: key } = stack.info;
  const { modules, close } = await serveModules();
  const options = JSON.stringify({ modules, baseUrl, key, bytes: 110_000_000 });
  const upload = await page.evaluate(`(${SEND_LARGE})(${options})`);
  await expect.poll(() => finished, { timeout: 20_000 }).toBeGreaterThanOrEqual(5);
  await page.reload();
  const before = new Set(begun);
  begun = [];
  const given = JSON.stringify({ ...JSON.parse(options), upload });
  expect(await page.evaluate(`(${SEND_LARGE})(${given})`)).toBe('sent');
  expect(before.size).toBeLessThan(14); // the reload has interrupted it
  expect(begun.length).toBeLessThanOrEqual(14 - 5); // what had come was not sent again
  expect(new Set([...before, ...begun]).size).toBe(14);
  await page.close();
  close();
});

/** As text: it runs in the page. Without `upload` it begins and does not wait. */
const SEND_LARGE = `async ({ modules, baseUrl, key, bytes, upload }) => {
  const { createClient } = await import(modules + '/index.js');
  const client = createClient({ baseUrl, key });
  const file = new File([new Uint8Array(bytes)], 'zeros.mp4', { type: 'video/mp4' });
  if (upload) {
    await client.send(upload, file);
    return 'sent';
  }
  const announced = await client.announce(file);
  void client.send(announced.upload, file);
  return announced.upload;
}`;

/** As text: it runs in the page. */
const USE_CLIENT = `async ({ modules, baseUrl, key, bytes }) => {
  const { createClient } = await import(modules + '/index.js');
  const client = createClient({ baseUrl, key });
  const blob = await (await fetch('data:image/jpeg;base64,' + bytes)).blob();
  let progress = 0;
  const onProgress = (sent, total) => { progress = sent / total; };
  const { id } = await client.upload(blob, { filename: 'rocket.jpg', fresh: true, onProgress });
  return { ...(await client.waitFor(id)), progress };
}`;

test('tokens, usage and analyzers', async () => {
  const { token } = await client.createToken({ scopes: ['read'] });
  const phone = createClient({ baseUrl: stack.info.apiUrl, key: async () => token });
  expect((await phone.listAnalyzers()).map(({ name }) => name)).toContain('describe');
  expect((await phone.getUsage()).budget.day.usd.limit).toBeNull();
  await expect(phone.delete('x')).rejects.toMatchObject({ code: 'forbidden' });
});

describe('given a service that says "not so fast", or goes away', () => {
  type Answer = (request: IncomingMessage, response: ServerResponse) => void;
  async function serve(answers: Answer[]) {
    const keys: unknown[] = [];
    const server = createServer((request, response) => {
      keys.push(request.headers['idempotency-key']);
      answers.shift()?.(request, response);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const flaky = createClient({ baseUrl: `http://127.0.0.1:${port}/`, key: 'k' });
    return { flaky, keys, close: () => server.close() };
  }
  const say =
    (status: number, body: object, headers = {}): Answer =>
    (_, response) =>
      response.writeHead(status, headers).end(JSON.stringify(body));
  const limited = say(429, { code: 'rate_limited', retryable: true }, { 'retry-after': '1' });
  const cut: Answer = ({ socket }) => socket.destroy();

  test('it asks again, as late as it is told, under the same Idempotency-Key', async () => {
    const { flaky, keys, close } = await serve([limited, cut, say(201, { token: 't' })]);
    const from = Date.now();
    expect(await flaky.createToken()).toEqual({ token: 't' });
    expect(Date.now() - from).toBeGreaterThanOrEqual(999);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    close();
  });

  test('it does not ask again what would be refused again, and stops when it is told to', async () => {
    const stop = new AbortController();
    const refusal = say(422, { code: 'idempotency_mismatch', retryable: false });
    const { flaky, keys, close } = await serve([refusal, limited]);
    await expect(flaky.createToken()).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    const waiting = flaky.get('x', { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(keys).toHaveLength(2);
    close();
  });
});
