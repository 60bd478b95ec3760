import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { InvocationResult } from '../src/lambda/protocol.ts';
import { type HostFixture, startHostWith } from './host-fixture.ts';

const SOURCES = {
  echo: 'export const handler = async (event) => ({ event, pid: process.pid });',
  environment: 'export const handler = async () => process.env;',
  context: `export const handler = async (event, context) => ({
    ...context, left: context.getRemainingTimeInMillis() });`,
  failing: `export const handler = async () => { throw new TypeError('no such thing'); };`,
  sleepy: 'export const handler = () => new Promise((done) => setTimeout(done, 60_000));',
  stuck:
    'export const handler = async (event) => { if (event.stuck) while (true); return process.pid; };',
  greedy: `const kept = []; export const handler = async () => {
    for (let turn = 0; turn < 400; turn++) {
      kept.push(Buffer.alloc(2_000_000, 1));
      await new Promise((done) => setTimeout(done, 5));
    } };`,
  crashing: `export const handler = async (event) => {
    if (event.crash) process.exit(3); return process.pid; };`,
  broken: `throw new Error('TABLE_NAME is missing'); export const handler = async () => 1;`,
  unexported: 'export const other = async () => 1;',
  callback: 'export const handler = (event, context, callback) => callback(null, 1);',
  large: `export const handler = async (event) => 'x'.repeat(event.size);`,
  talkative: `export const handler = async () => {
    console.log(JSON.stringify({ level: 'INFO', message: 'step done', noteId: 'n1', service: 's' }));
    console.log(JSON.stringify({ _aws: {}, latency: 1 }));
    console.error('plain words'); };`,
};

let fixture: HostFixture;

beforeAll(() => {
  fixture = startHostWith(SOURCES, {
    environment: { environment: { TABLE_NAME: 'a-table' } },
    context: { memoryMb: 512, timeoutSeconds: 7 },
    sleepy: { timeoutSeconds: 1 },
    stuck: { timeoutSeconds: 1, reservedConcurrency: 1 },
    crashing: { reservedConcurrency: 1 },
    greedy: { memoryMb: 200 },
  });
});
afterAll(() => fixture.close());

const invoke = (name: string, event: unknown = {}) =>
  fixture.host.invoke(name, JSON.stringify(event));
const read = (result: InvocationResult) => {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return JSON.parse(result.payload);
};
const failure = (result: InvocationResult) => {
  if (result.ok) throw new Error(`unexpectedly succeeded: ${result.payload}`);
  return { reason: result.reason, ...result.error };
};

describe('a function on the laptop', () => {
  test('given an event, answers with what the handler returns, from one instance as long as it is free', async () => {
    const first = read(await invoke('echo', { a: 'ü' }));
    const second = read(await invoke('echo', { b: 2 }));
    expect(first.event).toEqual({ a: 'ü' });
    expect(second).toEqual({ event: { b: 2 }, pid: first.pid });
  });

  test('given events at the same time, gets an instance for each', async () => {
    const pids = await Promise.all(
      ['a', 'b', 'c'].map(async (id) => read(await invoke('echo', { id }))),
    );
    expect(pids.map(({ event }) => event.id)).toEqual(['a', 'b', 'c']);
  });

  test('sees its own variables and those of Lambda, and nothing of the developer’s shell', async () => {
    process.env.LEAKED_FROM_SHELL = 'yes';
    const environment = read(await invoke('environment'));
    delete process.env.LEAKED_FROM_SHELL;
    expect(environment).toMatchObject({
      TABLE_NAME: 'a-table',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_LAMBDA_FUNCTION_NAME: 'environment',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    });
    expect(environment).not.toHaveProperty('LEAKED_FROM_SHELL');
    expect(environment).not.toHaveProperty('HOME');
  });

  test('gets a context with its name, memory and the time it has left', async () => {
    const context = read(await invoke('context'));
    expect(context).toMatchObject({ functionName: 'context', memoryLimitInMB: '512' });
    expect(context.invokedFunctionArn).toBe(
      'arn:aws:lambda:us-east-1:000000000000:function:context',
    );
    expect(context.awsRequestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(context.left).toBeGreaterThan(4000);
    expect(context.left).toBeLessThanOrEqual(7000);
  });

  test('that throws, fails with the error’s type and words, and goes on', async () => {
    expect(failure(await invoke('failing'))).toMatchObject({
      reason: 'error',
      errorType: 'TypeError',
      errorMessage: 'no such thing',
    });
  });

  test('past its time is killed, in a sleep as in a busy loop, and the next event has a new instance', async () => {
    const [sleepy, stuck, after] = await Promise.all([
      invoke('sleepy'),
      invoke('stuck', { stuck: true }),
      invoke('stuck', {}),
    ]);
    const expected = { reason: 'timeout', errorMessage: 'Task timed out after 1.00 seconds' };
    expect(failure(sleepy)).toMatchObject(expected);
    expect(failure(stuck)).toMatchObject(expected);
    expect(read(after)).toBeGreaterThan(0);
  });

  test('past its memory is killed', async () => {
    expect(failure(await invoke('greedy'))).toMatchObject({
      reason: 'memory',
      errorMessage: 'Used more than 200 MB of memory',
    });
  });

  test('that crashes ends only the invocation that it crashed in', async () => {
    const [before, crash, after] = await Promise.all([
      invoke('crashing'),
      invoke('crashing', { crash: true }),
      invoke('crashing'),
    ]);
    expect(failure(crash)).toMatchObject({ reason: 'exit', errorMessage: /exit status 3/ });
    expect(read(after)).not.toBe(read(before));
  });

  test.each([
    ['broken', 'TABLE_NAME is missing'],
    ['unexported', 'functions/unexported.handler is undefined or not exported'],
    ['callback', 'only async ones are run'],
  ])(
    'that cannot be loaded (%s) says why, in the answer and to the terminal',
    async (name, why) => {
      const { reason, errorMessage } = failure(await invoke(name));
      expect(reason).toBe('init');
      expect(errorMessage).toContain(why);
      expect(fixture.printed.filter((line) => line.includes(why))).not.toEqual([]);
    },
  );

  test('answers at most 6 MB, and is sent at most 6 MB', async () => {
    expect(read(await invoke('large', { size: 6_291_454 }))).toHaveLength(6_291_454);
    expect(failure(await invoke('large', { size: 6_291_455 }))).toMatchObject({ reason: 'size' });
    const event = { padding: 'x'.repeat(6_291_456) };
    expect(failure(await invoke('echo', event))).toMatchObject({ reason: 'size' });
  });

  test('is heard: readable on the terminal, raw in the log file, metrics in the file only', async () => {
    await invoke('talkative');
    await expect.poll(() => fixture.printed.join('\n')).toContain('plain words');
    const shown = fixture.printed.filter((line) => line.includes('talkative'));
    expect(shown[0]).toMatch(/^\d\d:\d\d:\d\d talkative +INFO +step done noteId=n1$/);
    expect(shown.join('\n')).not.toContain('latency');
    const log = readFileSync(join(fixture.folder, 'functions.log'), 'utf8');
    expect(log).toContain('"latency":1');
    expect(log).toMatch(/"type":"platform.report","function":"talkative".*"status":"success"/);
  });
});

describe('invocations that have to wait', () => {
  const loading = (after: string) => `console.log(import.meta.filename);
    export const handler = async (event) => { console.log('began ' + event.id); ${after} };`;
  const endless = loading('await new Promise((done) => setTimeout(done, 60_000))');
  let line: HostFixture;
  afterEach(() => line.close());

  test('get their instances in turn, and first of all those whose function has none', async () => {
    const sources = { crowd: endless, others: endless, single: loading('') };
    line = startHostWith(sources, {}, { startsAtOnce: 1 });
    const call = (name: string) => line.host.invoke(name, '{}');
    for (const name of ['crowd', 'crowd', 'crowd', 'others', 'others']) void call(name);
    expect((await call('single')).ok).toBe(true);
    const started = () =>
      line.printed.flatMap((text) => /functions.(\w+)\.mjs/.exec(text)?.[1] ?? []);
    await expect.poll(started, { timeout: 10_000 }).toHaveLength(6);
    expect(started()).toEqual(['crowd', 'others', 'single', 'crowd', 'others', 'crowd']);
  });

  test('never run when their caller has given up before they began, and go on when after', async () => {
    const sources = {
      one: loading('return new Promise((done) => setTimeout(done, 500, event.id))'),
    };
    line = startHostWith(sources, { one: { reservedConcurrency: 1 } });
    const call = (id: string, signal?: AbortSignal) =>
      line.host.invoke('one', JSON.stringify({ id }), signal);
    const giveUp = new AbortController();
    const first = call('first', giveUp.signal);
    await expect.poll(() => line.printed.join(), { timeout: 5000 }).toContain('began first');
    const given = [call('second', giveUp.signal), call('third', AbortSignal.abort())];
    const last = call('last');
    giveUp.abort();
    expect((await Promise.all(given)).map((result) => failure(result).errorType)).toEqual(
      Array(2).fill('Host.GivenUp'),
    );
    expect(read(await first)).toBe('first');
    expect(read(await last)).toBe('last');
    expect(line.printed.join()).not.toMatch(/began (second|third)/);
  });
});

describe('a host that is closed', () => {
  test('lets a running invocation finish within the grace, and takes no new one', async () => {
    const { host, close } = startHostWith({
      slow: 'export const handler = () => new Promise((done) => setTimeout(done, 500, "done"));',
    });
    const running = host.invoke('slow', '{}');
    const closed = host.close(10_000);
    expect(failure(await host.invoke('slow', '{}')).reason).toBe('stopped');
    expect(read(await running)).toBe('done');
    await closed;
    await close();
  });

  test('ends what is still running after the grace, as stopped', async () => {
    const { host, close } = startHostWith({
      endless: 'export const handler = () => new Promise((done) => setTimeout(done, 60_000));',
    });
    const running = [host.invoke('endless', '{}'), host.invoke('endless', '{}')];
    await host.close(300);
    const reasons = (await Promise.all(running)).map((result) => failure(result).reason);
    expect(reasons).toEqual(['stopped', 'stopped']);
    await close();
  });
});
