import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PreparedStack, type Stack as Started, type StartOptions, start } from 'laptop-cloud';
import { ERRORS } from '../lib/errors.ts';
import { readyPage } from './built-page.ts';
import { openDataFolder, writePrivateFile } from './data-folder.ts';
import { startGemini } from './gemini/server.ts';
import { type LocalKeys, readLocalKeys } from './local-keys.ts';
import { createPage } from './page.ts';
import { explainFolder, explainPort } from './refusal.ts';
import type { Settings } from './settings.ts';
import { prepareTable } from './table.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STAGE = 'local';
const REGION = 'us-east-1';
const CLIENT_ID = 'local';
/** Beside what it is made of: it outlives data folders. */
const COMPILE_CACHE = join(ROOT, 'node_modules/.cache/sightline-code');

/** What `local.json` holds: all that tools and tests need to use the stack. */
export interface LocalInfo {
  apiUrl: string;
  awsEndpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  uploadBucket: string;
  apiKey: string;
  /** Where analyses call: the stand-in's, Google's, or another server's. */
  geminiUrl: string;
}

export interface Stack {
  info: LocalInfo;
  /** No Gemini key was given. */
  standIn: boolean;
  /** Resolves within 5 s: what runs is finished, or back in its queue. */
  close(): Promise<void>;
}

/**
 * Starts the whole service in this process: cloud, functions, API, page and, without a key, the Gemini
 * stand-in. Rejects with a refusal that says what to do where ports or data folder do not allow it.
 */
export async function startStack(
  settings: Settings,
  print: (line: string) => void = () => {},
): Promise<Stack> {
  try {
    return await assembleStack(settings, print);
  } catch (error) {
    throw explainFolder(error, settings.dataDir);
  }
}

async function assembleStack(settings: Settings, print: (line: string) => void): Promise<Stack> {
  const { dataDir } = settings;
  const infoFile = join(dataDir, 'local.json');
  await using parts = new AsyncDisposableStack(); // ends what has started if the rest fails
  const folder = openDataFolder(dataDir);
  parts.defer(() => folder.close());
  rmSync(infoFile, { force: true }); // one of a dead run must not be taken for this one's
  const caches = [join(ROOT, 'node_modules/.cache/sightline-page'), join(dataDir, 'page')] as const;
  const page = readyPage(ROOT, caches, print); // a page that has to be built is, while the rest starts
  page.catch(() => {}); // told where it is waited for
  const keys = readLocalKeys(dataDir);
  const gemini = settings.geminiApiKey ? undefined : await startStandIn(settings, keys);
  parts.defer(() => gemini?.close());
  const standIn = Boolean(gemini);

  const started = await start(join(ROOT, 'serverless.yml'), {
    ...describeStart(settings, keys, gemini?.url),
    print,
    async beforeFunctions(stack) {
      if (stack.unsupported.length > 0)
        print(`not available on a laptop: ${stack.unsupported.join(', ')}`);
      const secretArn = stack.refOf('GeminiSecret');
      stack.cloud.secrets.putValue(secretArn, settings.geminiApiKey ?? keys.standInKey);
      await prepareStack(stack, keys, standIn);
    },
    routes: async (stack) => openPage(await page, stack, keys, standIn),
  }).catch((error) => {
    throw explainPort(error, settings);
  });
  parts.defer(() => started.close());

  const info = describeStack(started, keys);
  parts.defer(() => rmSync(infoFile, { force: true }));
  writePrivateFile(infoFile, `${JSON.stringify(info, null, 2)}\n`);
  const owned = parts.move();
  return { info, standIn, close: () => owned.disposeAsync() };
}

function startStandIn(settings: Settings, keys: LocalKeys) {
  const models = settings.geminiModels?.split(',');
  const filesFolder = join(settings.dataDir, 'gemini-files');
  return startGemini({ apiKey: keys.standInKey, filesFolder, ...(models ? { models } : {}) });
}

function describeStart(
  settings: Settings,
  { accessKeyId, secretAccessKey }: LocalKeys,
  standInUrl: string | undefined,
): StartOptions {
  const { dataDir, port, awsPort, codeDir } = settings;
  return {
    ...{ dataDir, port, awsPort, codeDir, tooLarge },
    stage: STAGE,
    region: REGION,
    credentials: { accessKeyId, secretAccessKey },
    parameters: listParameters(settings, standInUrl),
    compileCacheDir: COMPILE_CACHE,
    logFile: join(dataDir, 'logs', 'sightline.log'),
  };
}

/** What a stage decides by parameters, for this one. Left out: the template's own default. */
function listParameters(
  settings: Settings,
  standInUrl: string | undefined,
): Record<string, string> {
  const { geminiBaseUrl, geminiModels, geminiStore, rateLimitPerMinute, clientBudget } = settings;
  const baseUrl = standInUrl ?? geminiBaseUrl;
  return {
    dropClientId: CLIENT_ID,
    rateLimitPerMinute: String(rateLimitPerMinute),
    ...(rateLimitPerMinute === 0 ? { readLimitPerMinute: '0' } : {}),
    clientBudget,
    geminiStore,
    webhookReach: 'local',
    ...(baseUrl ? { geminiBaseUrl: baseUrl } : {}),
    ...(geminiModels ? { geminiModels } : {}),
  };
}

function prepareStack(stack: PreparedStack, keys: LocalKeys, standIn: boolean): Promise<void> {
  const { accessKeyId, secretAccessKey, apiKey } = keys;
  const { endpoint: awsEndpoint } = stack.cloud;
  return prepareTable({
    runtime: { region: REGION, awsEndpoint, accessKeyId, secretAccessKey },
    tableName: stack.refOf('Table'),
    clientId: CLIENT_ID,
    apiKey,
    modelServer: standIn ? 'stand-in' : (stack.readVariable('GEMINI_BASE_URL') ?? ''),
  });
}

function openPage(folder: string, stack: PreparedStack, { apiKey }: LocalKeys, standIn: boolean) {
  const names = (stack.readVariable('GEMINI_MODELS') ?? '').split(',');
  return createPage(folder, {
    apiKey,
    awsEndpoint: stack.cloud.endpoint,
    model: { standIn, names },
    maxBytes: Number(stack.readVariable('MAX_PICTURE_BYTES')),
  });
}

/**
 * AWS's own answer to a request that is too large has only `message`; here the fields of all problems
 * stand beside it, so that a developer sees what happened and what the code is.
 */
function tooLarge(requestId: string) {
  const { status, title, retryable } = ERRORS.file_too_large;
  const problem = {
    message: 'Request Entity Too Large',
    type: 'urn:sightline:error:file_too_large',
    title,
    status,
    detail: 'The request is larger than the gateway takes: send large files by POST /v1/uploads.',
    code: 'file_too_large',
    retryable,
    requestId,
  };
  const headers = { 'content-type': 'application/problem+json' };
  return { status, headers, cookies: [], body: Buffer.from(JSON.stringify(problem)) };
}

function describeStack(stack: Started, keys: LocalKeys): LocalInfo {
  return {
    apiUrl: stack.url,
    awsEndpoint: stack.cloud.endpoint,
    region: REGION,
    accessKeyId: keys.accessKeyId,
    secretAccessKey: keys.secretAccessKey,
    uploadBucket: stack.refOf('UploadBucket'),
    apiKey: keys.apiKey,
    geminiUrl: stack.readVariable('GEMINI_BASE_URL') ?? '',
  };
}
