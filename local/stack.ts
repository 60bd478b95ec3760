import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cloud, startCloud } from '../packages/laptop-cloud/src/cloud/cloud.ts';
import { ACCOUNT_ID, REGION } from '../packages/laptop-cloud/src/host/account.ts';
import { type Logs, openLogs } from '../packages/laptop-cloud/src/host/logs.ts';
import { type Played, playTemplate } from '../packages/laptop-cloud/src/host/play-template.ts';
import { type Serving, startServing } from '../packages/laptop-cloud/src/host/serving.ts';
import { readyPage } from './built-page.ts';
import { openDataFolder, writePrivateFile } from './data-folder.ts';
import { startGemini } from './gemini/server.ts';
import { type LocalKeys, readLocalKeys } from './local-keys.ts';
import { createPage, type PageConfig } from './page.ts';
import { explainFolder, explainPort } from './refusal.ts';
import type { Settings } from './settings.ts';
import { prepareTable } from './table.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STAGE = 'local';
const CLIENT_ID = 'local';

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
  const page = readyPage(ROOT); // a page that has to be built is, while the rest starts
  page.catch(() => {}); // told where it is waited for
  const keys = readLocalKeys(dataDir);
  const logs = openLogs({ dataDir, print });
  parts.defer(() => logs.close());
  const gemini = settings.geminiApiKey ? undefined : await startStandIn(settings, keys);
  parts.defer(() => gemini?.close());
  const cloud = await startOwnCloud(settings, keys);
  parts.defer(() => cloud.close());

  const played = await playTemplate(cloud, join(ROOT, 'serverless.yml'), {
    stage: STAGE,
    region: REGION,
    accountId: ACCOUNT_ID,
    params: listParams(settings, gemini?.url),
  });
  if (played.notPlayed.length > 0) print(`not played on a laptop: ${played.notPlayed.join(', ')}`);
  const secretArn = played.refOf('GeminiSecret');
  cloud.secrets.putValue(secretArn, settings.geminiApiKey ?? keys.standInKey);
  const served = { cloud, played, keys, logs, standIn: Boolean(gemini), pageFolder: await page };
  const serving = await serve(settings, served);
  parts.defer(() => serving.close());

  const info = describeStack({ cloud, played, keys, serving });
  parts.defer(() => rmSync(infoFile, { force: true }));
  writePrivateFile(infoFile, `${JSON.stringify(info, null, 2)}\n`);
  const owned = parts.move();
  return { info, standIn: Boolean(gemini), close: () => owned.disposeAsync() };
}

function startStandIn(settings: Settings, keys: LocalKeys) {
  const models = settings.geminiModels?.split(',');
  const filesFolder = join(settings.dataDir, 'gemini-files');
  return startGemini({ apiKey: keys.standInKey, filesFolder, ...(models ? { models } : {}) });
}

async function startOwnCloud(settings: Settings, keys: LocalKeys): Promise<Cloud> {
  try {
    return await startCloud({
      dataDir: settings.dataDir,
      port: settings.awsPort,
      credentials: { accessKeyId: keys.accessKeyId, secretAccessKey: keys.secretAccessKey },
      region: REGION,
      accountId: ACCOUNT_ID,
    });
  } catch (error) {
    throw explainPort(error, 'AWS_PORT', settings.awsPort);
  }
}

/** What a stage decides by parameters, for this one. Left out: the template's own default. */
function listParams(settings: Settings, standInUrl: string | undefined): Record<string, string> {
  const { geminiBaseUrl, geminiModels, rateLimitPerMinute, clientBudget } = settings;
  const baseUrl = standInUrl ?? geminiBaseUrl;
  return {
    dropClientId: CLIENT_ID,
    rateLimitPerMinute: String(rateLimitPerMinute),
    ...(rateLimitPerMinute === 0 ? { readLimitPerMinute: '0' } : {}),
    clientBudget,
    webhookReach: 'local',
    ...(baseUrl ? { geminiBaseUrl: baseUrl } : {}),
    ...(geminiModels ? { geminiModels } : {}),
  };
}

interface Parts {
  cloud: Cloud;
  played: Played;
  keys: LocalKeys;
}

interface Served extends Parts {
  logs: Logs;
  standIn: boolean;
  pageFolder: string;
}

async function serve(
  settings: Settings,
  { cloud, played, keys, logs, standIn, pageFolder }: Served,
): Promise<Serving> {
  const runtime = {
    region: REGION,
    accessKeyId: keys.accessKeyId,
    secretAccessKey: keys.secretAccessKey,
    awsEndpoint: cloud.endpoint,
    taskRoot: played.taskRoot,
    codeDir: settings.codeDir,
    dataDir: settings.dataDir,
  };
  const tableName = played.refOf('Table');
  const modelServer = standIn ? 'stand-in' : (played.readVariable('GEMINI_BASE_URL') ?? '');
  await prepareTable({
    runtime,
    tableName,
    clientId: CLIENT_ID,
    apiKey: keys.apiKey,
    modelServer,
  });
  const config: PageConfig = {
    apiKey: keys.apiKey,
    awsEndpoint: cloud.endpoint,
    model: { standIn, names: (played.readVariable('GEMINI_MODELS') ?? '').split(',') },
    maxBytes: Number(played.readVariable('MAX_PICTURE_BYTES')),
  };
  const page = createPage(pageFolder, config);
  const { functions, queues, cors } = played;
  const { port } = settings;
  const accountId = ACCOUNT_ID;
  return startServing({
    port,
    accountId,
    cors,
    functions,
    queues,
    cloud,
    runtime,
    logs,
    page,
  }).catch((error) => {
    throw explainPort(error, 'PORT', port);
  });
}

function describeStack({ cloud, played, keys, serving }: Parts & { serving: Serving }): LocalInfo {
  return {
    apiUrl: serving.url,
    awsEndpoint: cloud.endpoint,
    region: REGION,
    accessKeyId: keys.accessKeyId,
    secretAccessKey: keys.secretAccessKey,
    uploadBucket: played.refOf('UploadBucket'),
    apiKey: keys.apiKey,
    geminiUrl: played.readVariable('GEMINI_BASE_URL') ?? '',
  };
}
