import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type Cloud, startCloud } from 'laptop-cloud/cloud';
import { type Deployment, deployTemplate } from 'laptop-cloud/deploy';
import { createEnvironment } from 'laptop-cloud/function-environment';
import { createQueueEvent } from 'laptop-cloud/queue-event';
import { createAnalysisLists } from '../../lib/analysis/list-store.ts';
import { connectTable } from '../../lib/aws/connections.ts';
import { startGemini } from '../../local/gemini/server.ts';
import { unpackZip } from '../bundle/unpack-zip.ts';

// `check.ts NODE ZIP`: process-upload from its zip, run once by that Node on a photo in the drop folder.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PHOTO = new URL('../../test/fixtures/rocket.jpg', import.meta.url);
const INVOKE = fileURLToPath(new URL('./invoke.ts', import.meta.url));
const FUNCTION = 'process-upload';
const CLIENT = 'drop';
const KEY = 'drop/rocket.jpg';
const keys = { accessKeyId: 'AKIAARM64ARM64ARM64A', secretAccessKey: 'arm64' };

const [node = '', zip = ''] = process.argv.slice(2);
const dataDir = mkdtempSync(join(tmpdir(), 'sightline-arm64-'));
const code = join(dataDir, 'code');
unpackZip(zip, join(code, FUNCTION));
await using parts = new AsyncDisposableStack();
parts.defer(() => rmSync(dataDir, { recursive: true, force: true }));
const gemini = await startGemini({ apiKey: 'key-of-the-stand-in' });
parts.defer(() => gemini.close());
const cloud = await startCloud({ dataDir, port: 0, credentials: keys });
const { region, accountId } = cloud;
parts.defer(() => cloud.close());
const params = { dropClientId: CLIENT, geminiBaseUrl: gemini.url };
const played = await deployTemplate(cloud, join(ROOT, 'serverless.yml'), {
  stage: 'arm64',
  params,
});
cloud.secrets.putValue(played.refOf('GeminiSecret'), 'key-of-the-stand-in');

const sdk = { region, endpoint: cloud.endpoint, credentials: keys };
const photo = { Bucket: played.refOf('UploadBucket'), Key: KEY, Body: readFileSync(PHOTO) };
await new S3Client(sdk).send(new PutObjectCommand(photo));
console.log((await invoke(await receiveEvent(cloud, played))).trim());

const table = connectTable(sdk);
const lists = createAnalysisLists(table, played.refOf('Table'));
const { items } = await lists.list({ clientId: CLIENT, key: KEY, limit: 1, now: Date.now() });
const [analysis] = items;
if (analysis?.status !== 'succeeded') throw new Error(`not analysed: ${JSON.stringify(analysis)}`);
console.log(`passed: ${analysis.caption}`);

/** Lambda's event for the object: behind the test events that S3 sends at first. */
async function receiveEvent({ queues }: Cloud, { queues: sources }: Deployment) {
  const queueArn = sources.find(({ functionName }) => functionName === FUNCTION)?.queueArn ?? '';
  for (;;) {
    const messages = await queues.receive(queues.nameOfArn(queueArn), { max: 1, waitSeconds: 5 });
    if (messages.length === 0) throw new Error('S3 told the queue of no object');
    if (messages[0]?.body.includes(KEY)) return createQueueEvent(messages, queueArn, region);
  }
}

async function invoke(event: object): Promise<string> {
  const spec = played.functions.find(({ name }) => name === FUNCTION);
  if (!spec) throw new Error(`serverless.yml declares no ${FUNCTION}`);
  const settings = { ...keys, region, accountId, awsEndpoint: cloud.endpoint };
  const env = createEnvironment(spec, { ...settings, taskRoot: ROOT, codeDir: code });
  const handler = join(code, FUNCTION, spec.handler.replace(/\.\w+$/, '.mjs'));
  const args = [INVOKE, handler, JSON.stringify(event), String(spec.timeoutSeconds)];
  const { stdout } = await promisify(execFile)(node, args, { env });
  return stdout;
}
