import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { pathToFileURL } from 'node:url';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { startCloud } from 'laptop-cloud/cloud';
import { deployTemplate } from 'laptop-cloud/deploy';
import { startGateway } from 'laptop-cloud/gateway';
import { listen } from 'laptop-cloud/listen';
import { createQueueEvent } from 'laptop-cloud/queue-event';
import { createClientRegistry } from '../../lib/auth/client-registry.ts';
import { SCOPES } from '../../lib/auth/key-store.ts';
import { connectTable } from '../../lib/aws/connections.ts';
import type { Item } from '../../lib/aws/table.ts';
import { type Fault as ModelFault, startGemini } from '../../local/gemini/server.ts';
import { makeDataDir } from './data-dir.ts';
import { type Plan, type Sending, startFaultyRouter } from './faulty-aws.ts';
import { startIssuer } from './issuer.ts';
import { listAll } from './list-objects.ts';

// The whole service in one process, several times over: every function as it is deployed, imported anew for
// each run, in front of a cloud of its own. What a call belongs to is told by the async context.

const KEYS = { accessKeyId: 'AKIALABLABLABLABLABL', secretAccessKey: 'lab' };
const PLACE = { region: 'us-east-1', accountId: '000000000000' };
const GEMINI_KEY = 'stand-in-of-the-lab';
const API_KEY = 'sk_of_the_lab';
export const CLIENT_ID = 'me';
export const DAY_USD = 100;
/** The longest that an object's event may take to reach its queue, in seconds. */
const EVENT_SECONDS = 10;
/** Beyond a function's own time, in milliseconds: this process does much else at the same time. */
const LATE_MS = 5_000;
/** The function that takes objects' events. */
const UPLOADS = 'process-upload';
/** Receives of one message, after which it has not ended. */
const MAX_RECEIVES = 5;

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was answered
export type Json = any;

interface Doing {
  lab: string;
  caller: string;
  log(line: string): void;
}

const doing = new AsyncLocalStorage<Doing>();

/** Every request that is made on behalf of a function says so, to AWS, to the model and to receivers. */
function markRequests(): void {
  subscribe('http.client.request.created', (message) => {
    const { request } = message as { request: import('node:http').ClientRequest };
    const store = doing.getStore();
    if (!store || request.headersSent) return;
    request.setHeader('x-lab', store.lab);
    request.setHeader('x-caller', store.caller);
  });
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = ((chunk: string, ...rest: []) => {
    const store = doing.getStore();
    if (!store) return write(chunk, ...rest);
    store.log(String(chunk));
    return true;
  }) as typeof process.stdout.write;
}

export type Labs = Awaited<ReturnType<typeof startLabs>>;
export type Lab = Labs['labs'][number];

export async function startLabs(count: number) {
  markRequests();
  process.env.LOG_LEVEL = 'INFO';
  const labs: Awaited<ReturnType<typeof startLab>>[] = [];
  const labOf = (headers: IncomingHttpHeaders) => labs[Number(headers['x-lab'])];
  const aws = await startFaultyRouter((headers) => {
    const lab = labOf(headers);
    if (!lab) throw new Error('A call of nobody');
    return { ...lab.route, run: lab.state.run, caller: String(headers['x-caller']) };
  });
  const gemini = await startGemini({
    apiKey: GEMINI_KEY,
    script: ({ headers }) => labOf(headers)?.askModel(),
  });
  const receiver = await listen(
    createServer((request, response) => {
      const path = request.url ?? '';
      labOf(request.headers)?.state.told.push(`${path} ${request.headers['webhook-id']}`);
      response.writeHead(Number(path.slice(1)) || 200).end();
    }),
    0,
  );
  const issuer = await startIssuer();
  const urls = { aws: aws.url, gemini: gemini.url, issuer: issuer.url, receiver: receiver.url };
  for (let index = 0; index < count; index += 1) labs.push(await startLab(index, urls));
  return {
    labs,
    issuer,
    async stop() {
      for (const lab of labs) await lab.stop();
      await gemini.close();
      await issuer.close();
      receiver.cut();
      await receiver.close();
      aws.close();
    },
  };
}

let loads = 0;
let loading: Promise<unknown> = Promise.resolve();

/** Wired by the environment as it is imported: one after the other. */
function load(file: string, environment: Record<string, string>) {
  const loaded = loading.then(async () => {
    Object.assign(process.env, environment);
    loads += 1;
    const { handler } = await import(`${pathToFileURL(file).href}?load=${loads}`);
    return handler as (event: object, context: Context) => Promise<Json>;
  });
  loading = loaded.catch(() => {});
  return loaded;
}

async function startLab(
  index: number,
  urls: Record<'aws' | 'gemini' | 'issuer' | 'receiver', string>,
) {
  const dataDir = makeDataDir();
  const cloud = await startCloud({ dataDir, port: 0, credentials: KEYS, ...PLACE });
  const template = new URL('../../serverless.yml', import.meta.url).pathname;
  const params = {
    dropClientId: CLIENT_ID,
    clientBudget: `dayUsd=${DAY_USD}`,
    webhookReach: 'local',
    geminiBaseUrl: urls.gemini,
    jwtIssuer: urls.issuer,
    jwtAudience: 'sightline',
    rateLimitPerMinute: '600',
    readLimitPerMinute: '6000',
  };
  const played = await deployTemplate(cloud, template, { stage: 'lab', params });
  cloud.secrets.putValue(played.refOf('GeminiSecret'), GEMINI_KEY);
  const sdk = { region: PLACE.region, endpoint: cloud.endpoint, credentials: KEYS };
  const s3 = new S3Client({ ...sdk, forcePathStyle: true });
  const table = connectTable(sdk);
  const TableName = played.refOf('Table');
  const buckets = [played.refOf('UploadBucket'), played.refOf('ResultBucket')];
  const functions = new Map(played.functions.map((spec) => [spec.name, spec]));
  const handlers = new Map<string, ReturnType<typeof load>>();
  const state = {
    /** What the functions logged. */
    lines: [] as string[],
    /** What the receiver was told. */
    told: [] as string[],
    /** Calls of the model. */
    asked: 0,
    /** Invocations by queues. */
    received: {} as Record<string, number>,
    /** Answers of the API. */
    answers: [] as string[],
    sendings: [] as Sending[],
    answered: new Set<string>(),
    plan: (() => undefined) as Plan,
    isCounting: false,
    model: (() => undefined) as () => ModelFault | undefined,
    /** Told of each answer of the API; another answer in its place. */
    onAnswer: (async (response) => response) as OnAnswer,
    keyed: 0,
    run: 0,
    /** Functions that took longer than they may. */
    late: [] as string[],
  };

  async function invoke(name: string, event: object): Promise<Json> {
    const spec = functions.get(name);
    if (!spec) throw new Error(`serverless.yml declares no ${name}`);
    const environment = {
      AWS_REGION: PLACE.region,
      AWS_ENDPOINT_URL: urls.aws,
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      ...spec.environment,
    };
    const log = (line: string) => void state.lines.push(line);
    return doing.run({ lab: String(index), caller: name, log }, async () => {
      const file = `${played.taskRoot}/functions/${name}.ts`;
      const handler = handlers.get(name) ?? load(file, environment);
      handlers.set(name, handler);
      const deadline = performance.now() + spec.timeoutSeconds * 1000;
      const context = {
        functionName: name,
        awsRequestId: 'lab',
        getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
        callbackWaitsForEmptyEventLoop: false,
      };
      const answer = await (await handler)(event, context as Context);
      const lateMs = performance.now() - deadline;
      if (lateMs > LATE_MS) state.late.push(`${name} ended ${Math.round(lateMs)} ms late`);
      return answer;
    });
  }

  const routes = played.functions.flatMap(({ name, routes: keys }) =>
    keys.map((routeKey) => ({ routeKey, functionName: name })),
  );
  const host = {
    invoke: async (name: string, event: string) => {
      const payload = JSON.stringify(await invoke(name, JSON.parse(event)));
      return { ok: true, payload } as const;
    },
  };
  const gateway = await startGateway({ port: 0, accountId: PLACE.accountId, routes, host });

  /** With this machine's key, or what the headers say; POSTs with an `Idempotency-Key`. */
  async function call(
    path: string,
    init: RequestInit = {},
    identify: () => Record<string, string> = () => ({}),
  ): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${API_KEY}`);
    state.keyed += 1;
    if (init.method === 'POST' && !headers.has('idempotency-key'))
      headers.set('idempotency-key', `request ${state.keyed}`);
    if (typeof init.body === 'string') headers.set('content-type', 'application/json');
    const send = () => {
      for (const [name, value] of Object.entries(identify())) headers.set(name, value);
      return fetch(`${gateway.url}${path}`, { ...init, headers });
    };
    const response = await state.onAnswer(await send(), send);
    const shown = path.replace(/\?.*/, '').replace(/an_\w+|evt_\w+|wh_\w+/g, '*');
    if (state.isCounting) state.answers.push(`${init.method ?? 'GET'} ${shown} ${response.status}`);
    return response;
  }

  /** A signed link of AWS, as a client uses it. */
  function visit(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('x-lab', String(index));
    return fetch(url, { ...init, headers });
  }

  /** Lambda's pollers: hands over so many events of objects, and whatever else is in the queues by then. */
  async function work(objects = 0): Promise<void> {
    for (let left = objects; left > 0; ) {
      const message = await receive(UPLOADS, EVENT_SECONDS);
      if (!message) throw new Error('No event of an object came');
      if (message.attributes.ApproximateReceiveCount === '1') left -= 1;
      await handOver(sources.get(UPLOADS), message);
    }
    for (const name of sources.keys())
      for (let message = await receive(name, 0); message; message = await receive(name, 0))
        await handOver(sources.get(name), message);
  }

  const sources = new Map(
    played.queues.map((source) => {
      const queue = source.queueArn.slice(source.queueArn.lastIndexOf(':') + 1);
      return [source.functionName, { ...source, queue }];
    }),
  );

  async function receive(name: string, waitSeconds: number): Promise<Message | undefined> {
    const queue = sources.get(name)?.queue ?? '';
    return (await cloud.queues.receive(queue, { max: 1, waitSeconds }))[0];
  }

  type Message = Awaited<ReturnType<typeof cloud.queues.receive>>[number];

  /** What has to come again, comes at once. */
  async function handOver(
    source: ((typeof played.queues)[number] & { queue: string }) | undefined,
    message: Message,
  ): Promise<void> {
    if (!source) return;
    const { functionName: name, queue } = source;
    state.received[name] = (state.received[name] ?? 0) + 1;
    const event = createQueueEvent([message], source.queueArn, PLACE.region);
    const report = await invoke(name, event);
    const isDone = !report?.batchItemFailures?.length;
    const receives = Number(message.attributes.ApproximateReceiveCount);
    const isWebhook = name === 'deliver-webhook';
    if (isDone || isWebhook) cloud.queues.delete(queue, message.receiptHandle);
    else if (receives >= MAX_RECEIVES) throw new Error(`${name} does not end ${message.body}`);
    else cloud.queues.changeVisibility(queue, message.receiptHandle, 0);
  }

  const listObjects = async () =>
    (await Promise.all(buckets.map((bucket) => listAll(s3, bucket)))).flat();

  async function listItems(): Promise<Item[]> {
    const items: Item[] = [];
    for await (const item of table.scan({ TableName })) items.push(item);
    return items;
  }

  /** As it was before anything was asked of it. */
  async function reset(): Promise<void> {
    state.run += 1;
    Object.assign(state, {
      lines: [],
      told: [],
      asked: 0,
      received: {},
      answers: [],
      keyed: 0,
      late: [],
    });
    Object.assign(state, { sendings: [], answered: new Set(), isCounting: false });
    Object.assign(state, { plan: () => undefined, model: () => undefined });
    state.onAnswer = async (response) => response;
    handlers.clear();
    const keys = await listItems();
    await Promise.all(keys.map(({ pk }) => table.delete({ TableName, Key: { pk } })));
    for (const { Bucket, Key } of await listObjects())
      await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    const [Bucket] = buckets;
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    for (const { Key, UploadId } of Uploads)
      await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    for (const { name } of cloud.queues.list()) cloud.queues.purge(name);
    const own = { clientId: CLIENT_ID, key: API_KEY, keyId: 'key_lab', scopes: SCOPES };
    await createClientRegistry(table, TableName).addKey(own);
  }

  const route = {
    endpoint: cloud.endpoint,
    plan: ((sending) => {
      if (!state.isCounting) return undefined;
      state.sendings.push(sending);
      return state.plan(sending);
    }) satisfies Plan as Plan,
    onAnswer: ({ caller, call }: Sending) => void state.answered.add(`${caller}: ${call}`),
  };

  return {
    route,
    state,
    receiver: urls.receiver,
    played,
    table,
    TableName,
    s3,
    sdk,
    uploadBucket: buckets[0] ?? '',
    resultBucket: buckets[1] ?? '',
    queues: cloud.queues,
    functions,
    askModel: () => {
      state.asked += 1;
      return state.model();
    },
    call,
    visit,
    work,
    reset,
    /** From here on every function starts anew. */
    forget: () => handlers.clear(),
    listItems,
    listObjects,
    async put(Key: string, Body: Uint8Array, Bucket = buckets[0]) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    async stop() {
      await gateway.close();
      await cloud.close();
    },
  };
}

type OnAnswer = (response: Response, again: () => Promise<Response>) => Promise<Response>;
