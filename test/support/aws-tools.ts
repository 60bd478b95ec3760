import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalInfo } from '../../local/stack.ts';

// Debian's own, not whatever comes first on the PATH: old versions sign and speak in older ways.
const AWS_CLI = '/usr/bin/aws';
const PYTHON = '/usr/bin/python3';
const CALLER = fileURLToPath(new URL('./make-aws-calls.py', import.meta.url));
const TIMEOUT_MS = 60_000;

/** Whether the AWS CLI is here; if not, says what to do about it. */
export function hasAwsCli(): boolean {
  return existsSync(AWS_CLI) || warn('the AWS CLI', 'awscli');
}

export function hasBoto3(): boolean {
  const found = existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'import boto3']).status === 0;
  return found || warn('boto3', 'python3-boto3');
}

function warn(tool: string, name: string): false {
  console.warn(`SKIPPED: everything that needs ${tool}. For it: apt-get install ${name}`);
  return false;
}

interface CliAnswer {
  code: number;
  stdout: string;
  stderr: string;
}

/** `aws …` with the stack's endpoint and credentials, as a user types it. */
export function runAws(info: LocalInfo, args: string[]): Promise<CliAnswer> {
  return run(AWS_CLI, [...args, '--endpoint-url', info.awsEndpoint], { info });
}

/** As `runAws`, for what has to work and answers in JSON. */
export async function askAws(info: LocalInfo, args: string[]) {
  const { code, stdout, stderr } = await runAws(info, [...args, '--output', 'json']);
  if (code !== 0) throw new Error(`aws ${args.join(' ')}: ${stderr}`);
  return stdout === '' ? undefined : JSON.parse(stdout);
}

interface Boto3Call {
  service: string;
  operation: string;
  input: Record<string, unknown>;
}

/** Makes these calls by boto3, in one Python; what AWS refuses is answered with its `Error`. */
export async function callBoto3(info: LocalInfo, calls: Boto3Call[]) {
  const args = [CALLER, info.awsEndpoint];
  const { code, stdout, stderr } = await run(PYTHON, args, { info, stdin: JSON.stringify(calls) });
  if (code !== 0) throw new Error(`boto3: ${stderr}`);
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was answered
  const answers: any[] = JSON.parse(stdout);
  return answers;
}

const HOME = mkdtempSync(join(tmpdir(), 'sightline-tools-'));

function run(
  command: string,
  args: string[],
  { info, stdin = '' }: { info: LocalInfo; stdin?: string },
): Promise<CliAnswer> {
  const env = {
    PATH: '/usr/bin:/bin',
    HOME, // nobody's own configuration
    LANG: 'C.UTF-8', // else file names are not read as UTF-8
    AWS_ACCESS_KEY_ID: info.accessKeyId,
    AWS_SECRET_ACCESS_KEY: info.secretAccessKey,
    AWS_DEFAULT_REGION: info.region,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return new Promise((resolve) => {
    const child = execFile(command, args, { env, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1);
      resolve({ code, stdout, stderr });
    });
    child.stdin?.end(stdin);
  });
}
