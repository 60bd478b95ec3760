import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';
import { type AwsCall, startCloud } from 'laptop-cloud/cloud';
import { deployTemplate } from 'laptop-cloud/deploy';
import { createContents } from '../../lib/analysis/content.ts';
import { createFileLinks, createPictureLinks } from '../../lib/analysis/link-signer.ts';
import { createAnalysisLists } from '../../lib/analysis/list-store.ts';
import { createAnalyses } from '../../lib/analysis/record-store.ts';
import { createResults } from '../../lib/analysis/result-store.ts';
import { createAnalyzerFinder } from '../../lib/analyzers/own-store.ts';
import { createAuthenticator } from '../../lib/auth/authenticate.ts';
import { createClientRegistry } from '../../lib/auth/client-registry.ts';
import { createClientSettings } from '../../lib/auth/client-settings.ts';
import {
  createClients,
  createTokens,
  createUses,
  SCOPES,
  type Scope,
} from '../../lib/auth/key-store.ts';
import {
  connectBucket,
  connectQueues,
  connectReader,
  connectTable,
} from '../../lib/aws/connections.ts';
import { createSender } from '../../lib/aws/queue.ts';
import { createUploadReader } from '../../lib/aws/stored-file.ts';
import { createStoredParts } from '../../lib/aws/stored-parts.ts';
import {
  createFormSigner,
  createPartSigner,
  createPartStarter,
  createUploadWriter,
} from '../../lib/aws/upload-form.ts';
import { createUploads } from '../../lib/aws/uploads.ts';
import { createSpending } from '../../lib/budget/spending-store.ts';
import { createModelFiles } from '../../lib/gemini/files.ts';
import { createDeliveries } from '../../lib/webhooks/delivery-store.ts';
import { createWebhooks } from '../../lib/webhooks/endpoint-store.ts';

const credentials = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'test-secret' };
const place = { region: 'us-east-1', accountId: '000000000000' };

/** The laptop's cloud with all that serverless.yml declares, in this process, and no function running. */
export async function startService(
  params: Record<string, string> = {},
  onCall?: (call: AwsCall) => void,
  now?: () => number,
  /** What stands between the service and its cloud: the endpoint's address in its place. */
  standBefore = async (endpoint: string) => endpoint,
) {
  const dataDir = mkdtempSync(join(tmpdir(), 'sightline-'));
  const cloud = await startCloud({
    dataDir,
    port: 0,
    credentials,
    ...place,
    ...(onCall && { onCall }),
    ...(now && { now }),
  });
  const template = fileURLToPath(new URL('../../serverless.yml', import.meta.url));
  const played = await deployTemplate(cloud, template, {
    stage: 'test',
    params: { dropClientId: 'dropper', ...params },
  });
  Object.assign(process.env, {
    AWS_REGION: place.region,
    AWS_ENDPOINT_URL: await standBefore(cloud.endpoint),
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  });
  const table = connectTable();
  const tableName = played.refOf('Table');
  const s3 = new S3Client({});
  const uploadBucket = played.refOf('UploadBucket');
  const doorDeps = {
    clients: createClients(table, tableName),
    tokens: createTokens(table, tableName),
    uses: createUses(table, tableName),
    settings: createClientSettings(table, tableName),
    readSecret: async () => 'the secret of this stage',
    allow: [] as string[],
    now: Date.now,
  };
  const registry = createClientRegistry(table, tableName);
  return {
    dataDir,
    cloud,
    played,
    table,
    tableName,
    s3,
    uploadBucket,
    analyses: createAnalyses(table, tableName),
    contents: createContents(table, tableName),
    lists: createAnalysisLists(table, tableName),
    registry,
    clients: doorDeps.clients,
    doorDeps,
    door: createAuthenticator(doorDeps),
    findAnalyzer: createAnalyzerFinder(table, tableName),
    settings: createClientSettings(table, tableName),
    spending: createSpending(table, tableName),
    /** Of the stage: none. */
    budget: {},
    webhooks: createWebhooks(table, tableName),
    reach: 'local' as const,
    deliveries: createDeliveries(table, tableName),
    notices: createSender(connectQueues(), played.refOf('WebhookQueue')),
    recordDays: 0,
    uploads: {
      ...createUploads(s3, uploadBucket),
      ...createUploadReader(connectReader(uploadBucket)),
      ...createFormSigner(uploadBucket),
      ...createUploadWriter(connectBucket(uploadBucket)),
    },
    signer: createPartSigner(uploadBucket),
    parts: {
      ...createPartStarter(connectBucket(uploadBucket)),
      ...createStoredParts(s3, uploadBucket),
    },
    results: createResults(connectBucket(played.refOf('ResultBucket'))),
    /** Of a model that cannot be reached: no picture needs it. */
    modelFiles: createModelFiles({ baseUrl: 'http://127.0.0.1:9', readKey: async () => 'key' }),
    links: createPictureLinks(played.refOf('ResultBucket'), Date.now),
    fileLinks: createFileLinks(uploadBucket, Date.now),
    /** Of a process that tests share, only tests of it want the end. */
    endWorker: () => undefined,
    async listItems() {
      const items: Record<string, unknown>[] = [];
      for await (const item of table.scan({ TableName: tableName })) items.push(item);
      return items;
    },
    async addKey(key: string, clientId: string, scopes: readonly Scope[] = SCOPES) {
      await registry.addKey({ clientId, key, keyId: `key_${key}`, scopes });
    },
    async stop() {
      await cloud.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export type Service = Awaited<ReturnType<typeof startService>>;
