import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cloud, startCloud } from '../src/cloud/cloud.ts';
import { CREDENTIALS } from './s3-fixture.ts';

const BUCKET = 'lasting';
const CHILD = `
import { startCloud } from ${JSON.stringify(new URL('../src/cloud/cloud.ts', import.meta.url).href)};
const cloud = await startCloud({
  dataDir: process.argv[2], port: 0, credentials: ${JSON.stringify(CREDENTIALS)},
});
cloud.queues.ensureQueue({ name: 'events' });
cloud.buckets.ensureBucket({
  name: '${BUCKET}', notifications: [{ queueName: 'events', events: ['s3:ObjectCreated:*'] }],
});
console.log(cloud.endpoint);
`;

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'laptop-cloud-kill-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function startChild(): Promise<{ child: ChildProcess; endpoint: string }> {
  const file = join(dataDir, 'child.mjs');
  await writeFile(file, CHILD);
  const child = spawn(process.execPath, [file, join(dataDir, 'data')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [endpoint] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, endpoint: String(endpoint) };
}

const connect = (endpoint: string) =>
  new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    forcePathStyle: true,
    maxAttempts: 1,
  });

/** Puts objects four at a time until the process is killed; returns the keys that were acknowledged. */
async function putUntilKilled(child: ChildProcess, endpoint: string, round: number) {
  const client = connect(endpoint);
  const acknowledged: string[] = [];
  const writer = async (name: number) => {
    for (let count = 0; ; count += 1) {
      const Key = `${round}/${name}/${count}`;
      const Body = Key.repeat(2_000);
      await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
      acknowledged.push(Key);
      if (acknowledged.length === 25) child.kill('SIGKILL');
    }
  };
  await Promise.allSettled([1, 2, 3, 4].map(writer));
  client.destroy();
  return acknowledged;
}

async function takeEventKeys(cloud: Cloud): Promise<string[]> {
  const keys: string[] = [];
  for (;;) {
    const messages = await cloud.queues.receive('events', { max: 10, waitSeconds: 0 });
    if (messages.length === 0) return keys;
    for (const { body, receiptHandle } of messages) {
      const [, key] = /"key":"([^"]*)"/.exec(body) ?? [];
      if (key) keys.push(key);
      cloud.queues.delete('events', receiptHandle);
    }
  }
}

describe('given a cloud that is killed in the middle of uploads, twice', () => {
  test('when it starts again, all that was acknowledged is there, each with one event and no leftovers', async () => {
    const acknowledged: string[] = [];
    for (const round of [1, 2]) {
      const { child, endpoint } = await startChild();
      const ended = once(child, 'exit');
      acknowledged.push(...(await putUntilKilled(child, endpoint, round)));
      await ended;
    }
    const folder = join(dataDir, 'data');
    await writeFile(join(folder, 'objects', 'orphan'), 'left by a write that was cut off');
    const cloud = await startCloud({ dataDir: folder, port: 0, credentials: CREDENTIALS });
    const client = connect(cloud.endpoint);
    try {
      for (const Key of acknowledged) {
        const answer = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
        expect(await answer.Body?.transformToString()).toBe(Key.repeat(2_000));
      }
      const eventKeys = await takeEventKeys(cloud);
      expect(new Set(eventKeys).size).toBe(eventKeys.length);
      expect(acknowledged.filter((key) => !eventKeys.includes(key))).toEqual([]);
      // One file for each object, and an object for each event: nothing half-done remains.
      expect(await readdir(join(folder, 'objects'))).toHaveLength(eventKeys.length);
    } finally {
      client.destroy();
      await cloud.close();
    }
  });
});
