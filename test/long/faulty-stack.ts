import { fileURLToPath } from 'node:url';
import { start } from 'laptop-cloud';
import { prepareTable } from '../../local/table.ts';
import { startFaultyAws } from '../support/faulty-aws.ts';

// The laptop's stack in a process of its own, to be killed, whose functions lose a part of AWS' answers.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const KEYS = { accessKeyId: 'AKIAFAULTYFAULTYFAUL', secretAccessKey: 'faulty' };

export interface FaultyStackOptions {
  dataDir: string;
  /** On 127.0.0.1. */
  port: number;
  modelServer: string;
  modelKey: string;
  apiKey: string;
  clientId: string;
  params: Record<string, string>;
  /** Of all calls of AWS: 0–1. */
  rate: number;
}

const options: FaultyStackOptions = JSON.parse(process.argv[2] ?? '{}');
const { dataDir, port, modelServer, clientId, apiKey, rate } = options;
await start(`${ROOT}/serverless.yml`, {
  dataDir,
  port,
  credentials: KEYS,
  stage: 'faulty',
  parameters: {
    dropClientId: clientId,
    webhookReach: 'local',
    geminiBaseUrl: modelServer,
    rateLimitPerMinute: '0',
    readLimitPerMinute: '0',
    ...options.params,
  },
  async functionsEndpoint(endpoint) {
    const aws = await startFaultyAws(endpoint, ({ nth }) => {
      if (nth > 1 || Math.random() >= rate) return undefined;
      return Math.random() < 0.5 ? 'applied' : 'lost';
    });
    return aws.url;
  },
  async beforeFunctions({ cloud, refOf }) {
    cloud.secrets.putValue(refOf('GeminiSecret'), options.modelKey);
    await prepareTable({
      runtime: { region: cloud.region, ...KEYS, awsEndpoint: cloud.endpoint },
      tableName: refOf('Table'),
      clientId,
      apiKey,
      modelServer,
    });
  },
});
process.send?.('ready');
