import {
  type ChildProcess,
  execFileSync,
  type StdioOptions,
  spawn,
  spawnSync,
} from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';

const infoSchema = z.strictObject({
  apiUrl: z.url(),
  awsEndpoint: z.url(),
  region: z.literal('us-east-1'),
  accessKeyId: z.string().min(16),
  secretAccessKey: z.string().min(30),
  uploadBucket: z.string(),
  apiKey: z.string().startsWith('sk_local_'),
  geminiUrl: z.url(),
});

interface Run {
  child: ChildProcess;
  output: () => string;
  exit: Promise<number | null>;
}

let dataDir: string;
let runs: Run[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sightline-start-'));
  runs = [];
});
afterEach(async () => {
  for (const { child } of runs) child.kill('SIGKILL');
  await Promise.all(runs.map(({ exit }) => exit));
  rmSync(dataDir, { recursive: true, force: true });
});

/** `node local/start.js` on free ports, with nothing of this process' settings. */
function start(
  environment: Record<string, string> = {},
  stdio: StdioOptions = ['ignore', 'pipe', 'pipe'],
): Run {
  const env = environmentOf(environment);
  const child = spawn(process.execPath, ['local/start.js'], { env, stdio });
  let text = '';
  child.stdout?.on('data', (chunk) => (text += chunk));
  child.stderr?.on('data', (chunk) => (text += chunk));
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const run = { child, output: () => text, exit };
  runs.push(run);
  return run;
}

const environmentOf = (environment: Record<string, string>) => ({
  PATH: process.env.PATH,
  PORT: '0',
  AWS_PORT: '0',
  SIGHTLINE_DATA: dataDir,
  GEMINI_API_KEY: '', // a developer's .env must not reach the tests
  ...environment,
});

async function startReady(environment?: Record<string, string>) {
  const run = start(environment);
  await expect.poll(run.output, { timeout: 15_000, interval: 20 }).toMatch(/^ready /m);
  return { ...run, info: readInfo() };
}

/** What of the data folder, itself included, others than its owner may touch. */
function listOpenToOthers(): string[] {
  const names = ['.', ...readdirSync(dataDir, { recursive: true, encoding: 'utf8' })];
  const modes = names.map(
    (name) => [name, statSync(join(dataDir, name), { throwIfNoEntry: false })?.mode ?? 0] as const,
  );
  return modes.filter(([, mode]) => (mode & 0o077) !== 0).map(([name]) => name);
}

const infoFile = () => join(dataDir, 'local.json');
const readInfo = () => infoSchema.parse(JSON.parse(readFileSync(infoFile(), 'utf8')));

/** Processes of this run's group that are children of `pid`, by way of `ps`. */
function listChildren(pid: number | undefined): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid=,stat='], { encoding: 'utf8' }).split('\n');
  const columns = rows.map((row) => row.trim().split(/\s+/));
  return columns.filter(([, parent]) => Number(parent) === pid).map(([child]) => Number(child));
}

const isAlive = (pid: number) => {
  const state = readStat(pid);
  return state !== undefined && !state.startsWith('Z');
};
const readStat = (pid: number) => {
  try {
    return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return undefined; // ps: no such process
  }
};

describe('npm start', () => {
  test('says ready when everything answers, and leaves local.json for tools, for the owner only', async () => {
    const { info, output } = await startReady();
    expect(output()).toContain('Gemini: the stand-in answers');
    expect(output()).toMatch(`ready ${info.apiUrl}/`);
    expect(statSync(infoFile()).mode & 0o777).toBe(0o600);
    expect(listOpenToOthers()).toEqual([]);
    expect(info.uploadBucket).toBe('sightline-local-uploads-000000000000');
    const health = await fetch(`${info.apiUrl}/health`);
    expect(await health.json()).toMatchObject({ status: 'healthy' });
    const headers = { authorization: `Bearer ${info.apiKey}` };
    expect((await fetch(`${info.apiUrl}/v1/analyses`, { headers })).status).toBe(200);
    expect((await fetch(`${info.apiUrl}/`)).headers.get('content-type')).toContain('text/html');
    const large = { method: 'POST', headers, body: new Uint8Array(10_485_761) };
    const refused = await fetch(`${info.apiUrl}/v1/analyze`, large);
    expect(refused.status).toBe(413);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(await refused.json()).toMatchObject({
      message: 'Request Entity Too Large',
      code: 'file_too_large',
      status: 413,
      retryable: false,
    });
  });

  test('with a key calls the server that was named, and shows the key nowhere', async () => {
    const key = 'a-real-looking-key';
    const { info, output } = await startReady({
      GEMINI_API_KEY: key,
      GEMINI_BASE_URL: 'http://127.0.0.1:9/base/',
    });
    expect(info.geminiUrl).toBe('http://127.0.0.1:9/base');
    expect(output()).toContain('with your key');
    expect(output() + readFileSync(infoFile(), 'utf8')).not.toContain(key);
  });

  test('is ended by SIGTERM with nothing left running, and a second start knows the same keys', async () => {
    const first = await startReady();
    await fetch(`${first.info.apiUrl}/health`);
    const children = listChildren(first.child.pid);
    expect(children.length).toBeGreaterThan(1);
    first.child.kill('SIGTERM');
    expect(await first.exit).toBe(0);
    expect(existsSync(infoFile())).toBe(false);
    await expect.poll(() => children.filter(isAlive)).toEqual([]);
    execFileSync('chmod', ['-R', 'go+rX', dataDir]); // as earlier versions left some of it
    const second = await startReady();
    expect(listOpenToOthers()).toEqual([]);
    expect(second.info).toMatchObject({
      apiKey: first.info.apiKey,
      accessKeyId: first.info.accessKeyId,
      secretAccessKey: first.info.secretAccessKey,
    });
  });

  test('ended by kill -9 leaves no process, and the next start is not held up', async () => {
    const first = await startReady();
    await fetch(`${first.info.apiUrl}/health`);
    const children = listChildren(first.child.pid);
    first.child.kill('SIGKILL');
    await first.exit;
    await expect.poll(() => children.filter(isAlive), { timeout: 3000 }).toEqual([]);
    const second = await startReady();
    expect(second.info.apiKey).toBe(first.info.apiKey);
  });

  test.skipIf(!existsSync('/dev/full')).each(['/dev/full', 'a pipe that nobody reads'])(
    'printing into %s, goes on all the same',
    async (output) => {
      const full = output === '/dev/full' ? openSync(output, 'w') : undefined;
      const run = start(
        {},
        full === undefined ? ['ignore', 'pipe', 'pipe'] : ['ignore', full, full],
      );
      run.child.stdout?.destroy();
      run.child.stderr?.destroy();
      await expect.poll(() => existsSync(infoFile()), { timeout: 15_000 }).toBe(true);
      for (let requests = 0; requests < 5; requests += 1)
        expect((await fetch(`${readInfo().apiUrl}/health`)).status).toBe(200);
      run.child.kill('SIGTERM');
      expect(await run.exit).toBe(0);
    },
  );

  test.skipIf(process.platform !== 'linux')('given too few files to open, says so', async () => {
    const few = ['-c', 'ulimit -n 32 && exec "$0" local/start.js', process.execPath];
    const { stderr } = spawnSync('/bin/sh', few, { env: environmentOf({}), timeout: 20_000 });
    expect(stderr.toString()).toMatch(/may open no more files\.\nRaise the limit/);
  });

  test.each(['PORT', 'AWS_PORT'])('given a taken %s, says so and what to do', async (name) => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { exit, output } = start({ [name]: String(port) });
    expect(await exit).toBe(1);
    server.close();
    expect(output()).toContain(
      `Port ${port} is taken. Stop what uses it, or choose another one: ${name}=${port + 1} npm start`,
    );
    expect(output()).not.toContain('    at ');
    expect(existsSync(infoFile())).toBe(false);
  });

  test('given bad settings or a damaged data folder, says what to do', async () => {
    const settings = start({ PORT: 'http', RATE_LIMIT_PER_MINUTE: 'many' });
    expect(await settings.exit).toBe(1);
    expect(settings.output()).toMatch(/PORT must be.*RATE_LIMIT_PER_MINUTE must be/s);
    const { child, exit } = await startReady();
    child.kill('SIGKILL');
    await exit;
    rmSync(join(dataDir, 'cloud.sqlite-wal'), { force: true });
    rmSync(join(dataDir, 'cloud.sqlite-shm'), { force: true });
    writeFileSync(join(dataDir, 'cloud.sqlite'), 'not a database'.repeat(500));
    const damaged = start();
    expect(await damaged.exit).toBe(1);
    expect(damaged.output()).toMatch(/data folder .* is damaged.*Move it away/s);
    expect(damaged.output()).not.toContain('    at ');
  });
});
