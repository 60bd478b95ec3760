import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LocalInfo } from '../../local/stack.ts';
import { checkAnswer } from './check-answer.ts';

const START = fileURLToPath(new URL('../../local/start.js', import.meta.url));
const START_TIMEOUT_MS = 20_000;

export interface StackHome {
  dataDir: string;
  environment: Record<string, string>;
}

export interface RunningStack {
  info: LocalInfo;
  process: ChildProcess;
  /** All that was printed so far. */
  output(): string;
  /** A call of the API with this machine's key; its answer has to be as lib/openapi.json tells. */
  call(path: string, init?: RequestInit): Promise<Response>;
  /** Ends everything at once, as a power cut does. */
  kill(): Promise<void>;
  /** Ends it in good order; resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** A fresh data folder and two free ports, to start the same stack several times. Without a rate limit, unless one is given. */
export async function createHome(environment: Record<string, string> = {}): Promise<StackHome> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sightline-e2e-'));
  process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  const [PORT, AWS_PORT] = [await findFreePort(), await findFreePort()];
  const own = { SIGHTLINE_DATA: dataDir, PORT, AWS_PORT, RATE_LIMIT_PER_MINUTE: '0' };
  return { dataDir, environment: { ...own, ...environment } };
}

/** `npm start`, as a process group of its own, ready. */
export async function startStack(home: StackHome): Promise<RunningStack> {
  const { GEMINI_API_KEY: _, GEMINI_BASE_URL: __, ...own } = process.env;
  const env = { ...own, ...home.environment };
  const child = spawn(process.execPath, [START], { env, detached: true, stdio: 'pipe' });
  let printed = '';
  const keep = (chunk: Buffer) => {
    printed += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  await waitUntilReady(child, home, () => printed);
  const info: LocalInfo = JSON.parse(readFileSync(join(home.dataDir, 'local.json'), 'utf8'));
  const end = async (target: number, signal: NodeJS.Signals) => {
    const ended = once(child, 'exit');
    process.kill(target, signal);
    const [code] = await ended;
    return code as number | null;
  };
  const { pid = 0 } = child;
  return {
    info,
    process: child,
    output: () => printed,
    call: async (path, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${info.apiKey}`);
      const response = await fetch(`${info.apiUrl}${path}`, { ...init, headers });
      await checkAnswer(init.method ?? 'GET', path, response);
      return response;
    },
    kill: async () => void (await end(-pid, 'SIGKILL')),
    stop: () => end(pid, 'SIGTERM'),
  };
}

async function waitUntilReady(child: ChildProcess, { dataDir }: StackHome, printed: () => string) {
  const until = Date.now() + START_TIMEOUT_MS;
  while (!/^ready /m.test(printed()) || !existsSync(join(dataDir, 'local.json'))) {
    if (child.exitCode !== null || Date.now() > until)
      throw new Error(`The stack did not start:\n${printed()}`);
    await sleep(50);
  }
}

async function findFreePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return String(typeof address === 'object' && address ? address.port : 0);
}
