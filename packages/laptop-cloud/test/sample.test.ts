import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Stack, type StartOptions, start } from '../src/start.ts';

const SAMPLE = fileURLToPath(new URL('../sample/', import.meta.url));
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const POLL = { timeout: 25_000, interval: 50 };
const BUCKET = 'word-count-local-files';
const credentials = {
  accessKeyId: 'AKIALAPTOPLAPTOPLAPT',
  secretAccessKey: 'for-this-laptop-alone',
};

let dataDir: string;
let stack: Stack | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'laptop-cloud-sample-'));
});
afterEach(async () => {
  await stack?.close();
  stack = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

async function startSample(options: Partial<StartOptions> = {}): Promise<Stack> {
  stack = await start(join(SAMPLE, 'serverless.yml'), {
    dataDir,
    credentials,
    beforeFunctions: ({ cloud, refOf }) => cloud.secrets.putValue(refOf('Token'), 'sesame'),
    ...options,
  });
  return stack;
}

const connect = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials });

async function putFile(endpoint: string, Key: string, Body: string): Promise<void> {
  await new S3Client(connect(endpoint)).send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
}

const readCount = async (url: string, file: string, token = 'sesame') => {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/counts/${encodeURIComponent(file)}`, { headers });
  return answer.status === 200 ? await answer.json() : answer.status;
};

describe('the sample', () => {
  test('counts a file that is put into the bucket, tells who has the token, and sums up when it is due', async () => {
    const { url, cloud, unsupported } = await startSample();
    expect(unsupported).toEqual([]);
    await putFile(cloud.endpoint, 'two words.txt', 'to be');
    await expect.poll(() => readCount(url, 'two words.txt'), POLL).toEqual({ words: 2 });
    expect(await readCount(url, 'two words.txt', 'guess')).toBe(401);
    expect(await readCount(url, 'none')).toBe(404);
    await stack?.close();

    // A clock that stands still before a full minute until everything is there, and then goes on.
    const stopped = Math.ceil(Date.now() / 60_000) * 60_000 - 100;
    let goneOn: number | undefined;
    const now = () => stopped + (goneOn === undefined ? 0 : Date.now() - goneOn);
    const again = await startSample({ now });
    goneOn = Date.now();
    const table = new DynamoDBClient(connect(again.cloud.endpoint));
    const Key = { file: { S: 'all files' } };
    const read = new GetItemCommand({ TableName: again.refOf('Counts'), Key });
    await expect
      .poll(async () => (await table.send(read)).Item, POLL)
      .toMatchObject({ words: { N: '2' }, time: { S: expect.stringMatching(/:00Z$/) } });
  });

  test('is prepared before it runs, asks own routes first, and gives all free where it cannot start', async () => {
    const steps: string[] = [];
    const options: Partial<StartOptions> = {
      beforeFunctions: ({ functions }) => void steps.push(`prepared ${functions.length}`),
      routes: ({ cloud }) => {
        steps.push('routes made');
        return async (request, response) => {
          if (request.url === '/') response.end(cloud.endpoint);
          return request.url === '/';
        };
      },
    };
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const failure = startSample({ ...options, port });
    await expect(failure).rejects.toMatchObject({ code: 'EADDRINUSE', port });
    taken.close();
    const { url, cloud } = await startSample({ ...options, port });
    expect(steps).toEqual(Array(2).fill(['prepared 3', 'routes made']).flat());
    expect(await (await fetch(url)).text()).toBe(cloud.endpoint);
    expect(await (await fetch(`${url}/nowhere`)).json()).toEqual({ message: 'Not Found' });
  });

  test('runs a function by its name, and none that is not declared', async () => {
    const { invoke } = await startSample();
    const message = { messageId: 'm', body: 'not JSON' };
    expect(await invoke('count-words', JSON.stringify({ Records: [message] }))).toEqual({
      ok: true,
      payload: '{"batchItemFailures":[{"itemIdentifier":"m"}]}',
    });
    expect(await invoke('other', '{}')).toMatchObject({
      ok: false,
      error: { errorType: 'ResourceNotFoundException' },
    });
  });
});

describe('the README', () => {
  test('shows the script that starts the sample, and it runs and ends as told', async () => {
    const script = readFileSync(join(SAMPLE, 'start.ts'), 'utf8');
    expect(README).toContain(`\`\`\`ts\n${script}\`\`\``);
    const child = spawn(process.execPath, [join(SAMPLE, 'start.ts')], {
      env: { PATH: process.env.PATH, PORT: '0', AWS_PORT: '0', DATA: dataDir },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    try {
      let found: RegExpExecArray | null = null;
      for await (const line of createInterface({ input: child.stdout })) {
        found = /^ready: API at (\S+), AWS at (\S+)$/.exec(line);
        if (found) break;
      }
      const [, url = '', endpoint = ''] = found ?? [];
      await putFile(endpoint, 'hello.txt', 'one two three');
      await expect.poll(() => readCount(url, 'hello.txt'), POLL).toEqual({ words: 3 });
      child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
