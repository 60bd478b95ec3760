import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';
import { createPage } from '../../local/page.ts';
import { prepareTable } from '../../local/table.ts';
import { type Cloud, startCloud } from '../../packages/laptop-cloud/src/cloud/cloud.ts';
import type { AwsCall } from '../../packages/laptop-cloud/src/cloud/server.ts';
import { ACCOUNT_ID, REGION } from '../../packages/laptop-cloud/src/host/account.ts';
import { openLogs } from '../../packages/laptop-cloud/src/host/logs.ts';
import { type Played, playTemplate } from '../../packages/laptop-cloud/src/host/play-template.ts';
import { startServing } from '../../packages/laptop-cloud/src/host/serving.ts';
import { checkAnswer } from '../support/check-answer.ts';
import { type Plan, startFaultyAws } from '../support/faulty-aws.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const KEYS = { accessKeyId: 'AKIARECORDEDRECORDED', secretAccessKey: 'recorded' };
const GEMINI_KEY = 'stand-in-of-the-recording';
const API_KEY = 'sk_of_the_recording';
export const CLIENT_ID = 'recorded';
/** The client's budget. */
export const DAY_USD = 100;

/**
 * One analyzer more than there is, `large`, whose results have as many bytes as the prompt says: none
 * of the real ones has results that are too large for the table.
 */
const REGISTRY = `
import { describe } from './describe.ts';
import { transcribe } from './transcribe.ts';
const large = {
  ...describe,
  name: 'large',
  inquire: ({ question }) => ({
    ...describe.inquire({}),
    parse: () => ({ caption: 'Large.', result: { filler: 'x'.repeat(Number(question)) } }),
  }),
};
export const BUILT_IN = [describe, large, transcribe];
export const findBuiltIn = (name) => BUILT_IN.find((each) => each.name === name);
export const isBuiltIn = (name) => findBuiltIn(name) !== undefined;
`;

export interface RecordedService {
  cloud: Cloud;
  played: Played;
  /** For tools; its calls are nobody's. */
  sdk: { region: string; endpoint: string; credentials: typeof KEYS };
  call(path: string, init?: RequestInit): Promise<Response>;
  /** The same with other credentials, or none. */
  visit(path: string, init?: RequestInit): Promise<Response>;
  gemini: Gemini;
  /** Every line that a function has logged. */
  readLog(): string[];
  stop(): Promise<void>;
}

/** The whole service on a copy of the sources, every AWS call that it makes, and what becomes of these. */
export async function startRecordedService(
  onCall: (call: AwsCall) => void,
  more: Record<string, string> = {},
  plan: Plan = () => undefined,
): Promise<RecordedService> {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-recorded-'));
  const code = join(folder, 'code');
  const dataDir = join(folder, 'data');
  copySources(code);
  const place = { region: REGION, accountId: ACCOUNT_ID };
  const cloud = await startCloud({ dataDir, port: 0, credentials: KEYS, ...place, onCall });
  const gemini = await startGemini({ apiKey: GEMINI_KEY });
  const aws = await startFaultyAws(cloud.endpoint, plan);
  const params = {
    dropClientId: CLIENT_ID,
    clientBudget: `dayUsd=${DAY_USD}`,
    webhookReach: 'local',
    geminiBaseUrl: gemini.url,
    ...more,
    rateLimitPerMinute: '600',
    readLimitPerMinute: '6000',
  };
  const template = join(code, 'serverless.yml');
  const played = await playTemplate(cloud, template, { stage: 'recorded', params, ...place });
  cloud.secrets.putValue(played.refOf('GeminiSecret'), GEMINI_KEY);
  const taskRoot = played.taskRoot;
  const runtime = { region: REGION, ...KEYS, awsEndpoint: aws.url, taskRoot, dataDir };
  const tableName = played.refOf('Table');
  const modelServer = gemini.url;
  await prepareTable({ runtime, tableName, clientId: CLIENT_ID, apiKey: API_KEY, modelServer });
  const logs = openLogs({ dataDir, print: () => {} });
  const page = createPage(join(ROOT, 'web'), {
    apiKey: API_KEY,
    awsEndpoint: aws.url,
    model: { standIn: true, names: [] },
    maxBytes: 1,
  });
  const serving = await startServing({
    port: 0,
    accountId: ACCOUNT_ID,
    ...played,
    cloud,
    runtime,
    logs,
    page,
  });
  return {
    cloud,
    played,
    sdk: { region: REGION, endpoint: cloud.endpoint, credentials: KEYS },
    gemini,
    call: async (path, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${API_KEY}`);
      const response = await fetch(`${serving.url}${path}`, { ...init, headers });
      await checkAnswer(init.method ?? 'GET', path, response);
      return response;
    },
    visit: (path, init) => fetch(`${serving.url}${path}`, init),
    readLog: () => readFileSync(join(dataDir, 'logs', 'sightline.log'), 'utf8').split('\n'),
    async stop() {
      await serving.close();
      await gemini.close();
      aws.close();
      await cloud.close();
      logs.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function copySources(code: string): void {
  for (const part of ['functions', 'lib', 'infra', 'serverless.yml', 'package.json']) {
    cpSync(join(ROOT, part), join(code, part), { recursive: true });
  }
  writeFileSync(join(code, 'lib/analyzers/registry.ts'), REGISTRY);
  symlinkSync(join(ROOT, 'node_modules'), join(code, 'node_modules'));
}
