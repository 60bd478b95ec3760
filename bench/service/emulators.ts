import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloud } from 'laptop-cloud/cloud';
import { deployTemplate } from 'laptop-cloud/deploy';
import { createEnvironment } from 'laptop-cloud/function-environment';
import { createQueueEvent } from 'laptop-cloud/queue-event';
import { createAnalysisId, pictureKey, uploadKey } from '../../lib/analysis/ids.ts';
import { createAnalyses } from '../../lib/analysis/record-store.ts';
import { createClientRegistry } from '../../lib/auth/client-registry.ts';
import { SCOPES } from '../../lib/auth/key-store.ts';
import { connectBucket, connectTable } from '../../lib/aws/connections.ts';
import { createUploadWriter } from '../../lib/aws/upload-form.ts';
import { ROOT } from '../harness/bundles.ts';
import { createCallCounter } from './call-counter.ts';
import { startModel } from './model.ts';
import { describeUpload, LARGE_CLIENT, listStored } from './population.ts';
import { API_KEY, type EmulatorQuestion } from './start-emulators.ts';

// A process of its own: the laptop's cloud, what serverless.yml declares in it, and a model. No function runs here.

const ACCOUNT = { region: 'us-east-1', accountId: '000000000000' };
const CREDENTIALS = { accessKeyId: 'AKIABENCHBENCHBENCH0', secretAccessKey: 'bench-secret' };

const dataDir = mkdtempSync(join(tmpdir(), 'sightline-bench-'));
process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
process.on('disconnect', () => process.exit(0));
if (!process.connected) process.exit(0); // the bench was stopped while this was loaded
// Ctrl-C reaches every process of the terminal; whoever started this one ends it, so that its folder goes, too.
process.on('SIGINT', () => undefined);

const calls = createCallCounter();
const seen = { modelCalls: 0, pictureBytes: 0 };
const model = await startModel((bytes) => {
  seen.modelCalls += 1;
  seen.pictureBytes += bytes;
});
const cloud = await startCloud({
  dataDir,
  port: 0,
  credentials: CREDENTIALS,
  ...ACCOUNT,
  onCall: calls.count,
});
const template = join(ROOT, 'serverless.yml');
const params = {
  dropClientId: LARGE_CLIENT,
  geminiBaseUrl: model.url,
  rateLimitPerMinute: '0',
  readLimitPerMinute: '0',
};
const played = await deployTemplate(cloud, template, { stage: 'bench', params });
cloud.secrets.putValue(played.refOf('GeminiSecret'), 'bench-model-key');
// The adapters below find the cloud as those of the functions do.
Object.assign(process.env, {
  AWS_REGION: ACCOUNT.region,
  AWS_ENDPOINT_URL: cloud.endpoint,
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
});
const table = connectTable();
const tableName = played.refOf('Table');
const analyses = createAnalyses(table, tableName);
const bucket = played.refOf('UploadBucket');
const [objects, derived] = [connectBucket(bucket), connectBucket(played.refOf('ResultBucket'))];
const uploads = createUploadWriter(objects);
const uploadQueue = played.refOf('UploadQueue').split('/').at(-1) ?? '';
cloud.queues.purge(uploadQueue); // what S3 sent when it was set up
/** Of the messages in flight, by the analysis. */
const receipts = new Map<string, string>();
const key = { clientId: LARGE_CLIENT, key: API_KEY, keyId: 'key_bench', scopes: SCOPES };
await createClientRegistry(table, tableName).addKey(key);

process.on('message', async (question: EmulatorQuestion) => process.send?.(await answer(question)));
process.send?.({
  endpoint: cloud.endpoint,
  modelUrl: model.url,
  tableName,
  ...CREDENTIALS,
  region: ACCOUNT.region,
  functions: played.functions.map(describeFunction),
});

function describeFunction(spec: (typeof played.functions)[number]) {
  const environment = createEnvironment(spec, {
    ...ACCOUNT,
    ...CREDENTIALS,
    awsEndpoint: cloud.endpoint,
    taskRoot: ROOT,
  });
  const source = `${spec.handler.slice(0, spec.handler.lastIndexOf('.'))}.ts`;
  return { name: spec.name, source, environment };
}

async function answer(question: EmulatorQuestion): Promise<unknown> {
  if (question.ask === 'put') return putPictures(question);
  if (question.ask === 'fill') return fill(question.count, question.since);
  if (question.ask === 'calls') return takeCalls();
  return finish(question.ids);
}

/** How they have ended, once nothing of their files lies on the disk any more. */
async function finish(ids: string[]): Promise<string[]> {
  const records = await Promise.all(ids.map((id) => analyses.read(id)));
  await Promise.all(ids.map((id) => objects.remove(uploadKey(id))));
  await Promise.all(ids.map((id) => derived.remove(pictureKey(id))));
  for (const id of ids) {
    cloud.queues.delete(uploadQueue, receipts.get(id) ?? '');
    receipts.delete(id);
  }
  return records.map((record) => record?.status ?? 'none');
}

interface Put {
  file: string;
  mediaType: string;
  count: number;
}

/** Each with a prompt of its own, or the second one would have the first one's answer; the events come by the queue, as deployed. */
async function putPictures({ file, mediaType, count }: Put) {
  const bytes = readFileSync(file);
  const ids = Array.from({ length: count }, () => createAnalysisId(Date.now()));
  const events: object[] = [];
  for (const id of ids) {
    await analyses.create(describeUpload(id, LARGE_CLIENT, `Picture ${id}`));
    await uploads.put(uploadKey(id), bytes, mediaType);
    events.push(await receiveEvent(id));
  }
  return { ids, events };
}

/** S3's own message of the upload, as the queue hands it to a function; it stays the function's until `finish`. */
async function receiveEvent(id: string): Promise<object> {
  const [message] = await cloud.queues.receive(uploadQueue, { max: 1, waitSeconds: 5 });
  if (!message?.body.includes(id))
    throw new Error(`the queue has another message than that of ${id}`);
  receipts.set(id, message.receiptHandle);
  return createQueueEvent([message], cloud.queues.arnOf(uploadQueue), ACCOUNT.region);
}

async function fill(count: number, since: number): Promise<number> {
  await cloud.tables.load(tableName, listStored(count, since));
  return count;
}

function takeCalls() {
  const taken = { ...seen, ...calls.take() };
  Object.assign(seen, { modelCalls: 0, pictureBytes: 0 });
  return taken;
}
