import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Stack, start } from 'laptop-cloud';
import type { AwsCall } from 'laptop-cloud/cloud';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';
import { createPage } from '../../local/page.ts';
import { prepareTable } from '../../local/table.ts';
import { type Bill, startBill } from '../support/bill.ts';
import { checkAnswer } from '../support/check-answer.ts';
import { type Plan, startFaultyAws } from '../support/faulty-aws.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REGION = 'us-east-1';
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
const LARGE = `
const large: Analyzer = {
  ...describe,
  name: 'large',
  createQuestion: ({ question }) => ({
    ...describe.createQuestion({}),
    parse: () => ({ caption: 'Large.', result: { filler: 'x'.repeat(Number(question)) } }),
  }),
};
`;
const LIST = /(?=\/\*\*[^/]*\*\/\nexport const BUILT_IN: readonly Analyzer\[\] = \[)/;

export interface RecordedService {
  cloud: Stack['cloud'];
  played: Pick<Stack, 'functions' | 'refOf'>;
  /** For tools; its calls are nobody's. */
  sdk: { region: string; endpoint: string; credentials: typeof KEYS };
  call(path: string, init?: RequestInit): Promise<Response>;
  /** The same with other credentials, or none. */
  visit(path: string, init?: RequestInit): Promise<Response>;
  gemini: Gemini;
  /** What the model's answers cost. */
  bill: Bill;
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
  const gemini = await startGemini({ apiKey: GEMINI_KEY });
  const billed = await startBill(gemini.url);
  let aws: Awaited<ReturnType<typeof startFaultyAws>> | undefined;
  const parameters = {
    dropClientId: CLIENT_ID,
    clientBudget: `dayUsd=${DAY_USD}`,
    webhookReach: 'local',
    geminiBaseUrl: billed.url,
    ...more,
    rateLimitPerMinute: '600',
    readLimitPerMinute: '6000',
  };
  const stack = await start(join(code, 'serverless.yml'), {
    dataDir,
    credentials: KEYS,
    stage: 'recorded',
    parameters,
    onCall,
    async functionsEndpoint(endpoint) {
      aws = await startFaultyAws(endpoint, plan);
      return aws.url;
    },
    async beforeFunctions({ cloud, refOf }) {
      cloud.secrets.putValue(refOf('GeminiSecret'), GEMINI_KEY);
      await prepareTable({
        runtime: { region: REGION, ...KEYS, awsEndpoint: cloud.endpoint },
        tableName: refOf('Table'),
        clientId: CLIENT_ID,
        apiKey: API_KEY,
        modelServer: gemini.url,
      });
    },
    routes: ({ cloud }) =>
      createPage(join(ROOT, 'web'), {
        apiKey: API_KEY,
        awsEndpoint: cloud.endpoint,
        model: { standIn: true, names: [] },
        maxBytes: 1,
      }),
  });
  const { cloud } = stack;
  return {
    cloud,
    played: stack,
    sdk: { region: REGION, endpoint: cloud.endpoint, credentials: KEYS },
    gemini,
    bill: billed.bill,
    call: async (path, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${API_KEY}`);
      const response = await fetch(`${stack.url}${path}`, { ...init, headers });
      await checkAnswer(init.method ?? 'GET', path, response);
      return response;
    },
    visit: (path, init) => fetch(`${stack.url}${path}`, init),
    readLog: () => readFileSync(join(dataDir, 'functions.log'), 'utf8').split('\n'),
    async stop() {
      await stack.close();
      await billed.close();
      await gemini.close();
      aws?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function copySources(code: string): void {
  for (const part of ['functions', 'lib', 'infra', 'serverless.yml', 'package.json']) {
    cpSync(join(ROOT, part), join(code, part), { recursive: true });
  }
  const registry = join(code, 'lib/analyzers/registry.ts');
  const [before, list, ...more] = readFileSync(registry, 'utf8').split(LIST);
  if (!list || more.length > 0) throw new Error('The list of analyzers was not found.');
  writeFileSync(registry, `${before}${LARGE}${list.replace('[] = [', '[] = [large,')}`);
  symlinkSync(join(ROOT, 'node_modules'), join(code, 'node_modules'));
}
