import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, startHost } from '../src/lambda/host.ts';
import { openLogs } from '../src/lambda/logs.ts';
import type { FunctionSpec } from '../src/template/deploy.ts';

export interface HostFixture {
  host: Host;
  folder: string;
  /** What the terminal would show. */
  printed: string[];
  close(): Promise<void>;
}

/** Functions by name, each as the source of a module that exports `handler`, on a real host. */
export function startHostWith(
  sources: Record<string, string>,
  specs: Record<string, Partial<FunctionSpec>> = {},
  options: { startsAtOnce?: number } = {},
): HostFixture {
  const folder = mkdtempSync(join(tmpdir(), 'laptop-cloud-host-'));
  mkdirSync(join(folder, 'functions'));
  for (const [name, source] of Object.entries(sources)) {
    writeFileSync(join(folder, 'functions', `${name}.mjs`), source);
  }
  const printed: string[] = [];
  const logs = openLogs({
    file: join(folder, 'functions.log'),
    print: (line) => printed.push(line),
  });
  const functions = Object.keys(sources).map((name) => ({
    name,
    handler: `functions/${name}.handler`,
    memoryMb: 256,
    timeoutSeconds: 10,
    environment: {},
    routes: [],
    ...specs[name],
  }));
  const settings = {
    region: 'us-east-1',
    accountId: '000000000000',
    accessKeyId: 'AKIATEST',
    secretAccessKey: 'secret',
    awsEndpoint: 'http://127.0.0.1:1',
    taskRoot: folder,
  };
  const host = startHost({ functions, settings, logs, ...options });
  return {
    host,
    folder,
    printed,
    async close() {
      await host.close(0);
      logs.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
