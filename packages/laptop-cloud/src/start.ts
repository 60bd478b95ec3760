import { join } from 'node:path';
import { type AwsCall, type Cloud, startCloud } from './cloud/cloud.ts';
import { findDiskTrouble, reportFailure } from './cloud/disk-trouble.ts';
import type { Credentials } from './cloud/sigv4.ts';
import { type GatewayOptions, type OwnRoutes, startGateway } from './http-api/gateway.ts';
import type { RuntimeSettings } from './lambda/function-environment.ts';
import { type Host, startHost } from './lambda/host.ts';
import { type Logs, openLogs } from './lambda/logs.ts';
import { startEventSource } from './lambda/queue-source.ts';
import { startSchedules } from './lambda/schedules.ts';
import { type Deployment, deployTemplate } from './template/deploy.ts';

// Leaves time to a caller that has to end within 5 s.
const GRACE_MS = 3_000;
const LAST_ANSWERS_MS = 300;

export interface StartOptions {
  /** Everything that survives a restart lies here, and nothing elsewhere. */
  dataDir: string;
  /** The one key pair that the endpoint accepts. */
  credentials: Credentials;
  /** Port of the HTTP API; 0 or none: any free one. */
  port?: number;
  /** Port of the AWS endpoint; 0 or none: any free one. */
  awsPort?: number;
  /** `${sls:stage}`. */
  stage?: string;
  region?: string;
  accountId?: string;
  /** `${param:NAME}`, above those that the template declares. */
  parameters?: Record<string, string>;
  /** Runs when everything declared exists and no function runs yet: to fill secrets, to repair what a killed run left. */
  beforeFunctions?: (stack: PreparedStack) => void | Promise<void>;
  /** Made after `beforeFunctions`; answers requests that are not for the API, such as a page's. */
  routes?: (stack: PreparedStack) => OwnRoutes | Promise<OwnRoutes>;
  /** The answer to a request that is too large for the HTTP API, in place of AWS's own. */
  tooLarge?: GatewayOptions['tooLarge'];
  /** Unpacked deployment zips, a folder of its name for each function, to run in place of the sources. */
  codeDir?: string | undefined;
  /** Where compiled code is kept between runs, so that functions start faster. */
  compileCacheDir?: string;
  /** What functions log, as they wrote it. */
  logFile?: string;
  /** Receives a readable line for every line that a function logs. */
  print?: (line: string) => void;
  /** Told of every call to the AWS endpoint. */
  onCall?: (call: AwsCall) => void;
  /** Where functions find AWS, given the endpoint's address, such as a proxy that injects faults; by default at the endpoint. */
  functionsEndpoint?: (endpoint: string) => string | Promise<string>;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/** What the template declares, created in the cloud; no function runs yet. */
export interface PreparedStack
  extends Pick<Deployment, 'functions' | 'refOf' | 'readVariable' | 'unsupported'> {
  cloud: Cloud;
}

export interface Stack extends PreparedStack {
  /** Address of the HTTP API. */
  url: string;
  /** Invokes a function by its name. */
  invoke: Host['invoke'];
  /** Accepts nothing new, gives running invocations 3 s to end, and returns the messages of the others to their queues. */
  close(): Promise<void>;
}

/**
 * Starts everything that a serverless.yml declares, on 127.0.0.1: the AWS endpoint with its resources, the
 * functions, their HTTP API, the pollers of their queues and their schedules. Rejects with Node's EADDRINUSE
 * if a port is taken.
 */
export async function start(template: string, options: StartOptions): Promise<Stack> {
  const { dataDir, credentials, print = () => {}, stage = 'local' } = options;
  await using parts = new AsyncDisposableStack(); // ends what has started if the rest fails
  const logs = openLogs({ file: options.logFile ?? join(dataDir, 'functions.log'), print });
  parts.defer(() => logs.close());
  const { awsPort: port = 0, region, accountId, onCall, now } = options;
  const given = { ...(region && { region }), ...(accountId && { accountId }) };
  const cloud = await startCloud({
    ...{ dataDir, port, credentials, ...given },
    ...(onCall && { onCall }),
    ...(now && { now }),
  });
  parts.defer(() => cloud.close());
  const { parameters: params = {} } = options;
  const played = await deployTemplate(cloud, template, { stage, params });
  const { functions, refOf, readVariable, unsupported } = played;
  const prepared = { cloud, functions, refOf, readVariable, unsupported };
  await options.beforeFunctions?.(prepared);
  const ownRoutes = await options.routes?.(prepared);
  const serving = await serve({ ...options, cloud, played, logs, ownRoutes });
  parts.defer(() => serving.close());
  const owned = parts.move();
  return { ...prepared, ...serving, close: () => owned.disposeAsync() };
}

interface ServeOptions extends StartOptions {
  cloud: Cloud;
  played: Deployment;
  logs: Logs;
  ownRoutes: OwnRoutes | undefined;
}

/** Starts everything that invokes functions: the HTTP API, the queues' pollers and the schedules. */
async function serve(options: ServeOptions): Promise<Pick<Stack, 'url' | 'invoke' | 'close'>> {
  const { cloud, played, logs, ownRoutes, tooLarge, port = 0 } = options;
  const { functions, cors } = played;
  const { accountId } = cloud;
  const awsEndpoint = (await options.functionsEndpoint?.(cloud.endpoint)) ?? cloud.endpoint;
  const settings = { ...describeRuntime(options), awsEndpoint };
  const host = startHost({ functions, settings, logs });
  const routes = functions.flatMap(({ name, routes: keys }) =>
    keys.map((routeKey) => ({ routeKey, functionName: name })),
  );
  const api = { port, accountId, routes, cors, host, ownRoutes, ...(tooLarge && { tooLarge }) };
  const gateway = await startGateway(api).catch(async (error) => {
    await host.close(0);
    throw error;
  });
  const sources = played.queues.map((source) =>
    startEventSource({
      source,
      host,
      queues: cloud.queues,
      region: cloud.region,
      onError: (error) => {
        if (findDiskTrouble(error)) reportFailure('Queue poll failed', error);
        else logs.note(source.functionName, 'ERROR', `Queue poll failed: ${error}`);
      },
    }),
  );
  const { region } = cloud;
  const schedules = startSchedules({
    ...{ sources: played.schedules, host, region, accountId },
    ...(options.now && { now: options.now }),
  });
  return {
    url: gateway.url,
    invoke: host.invoke,
    async close() {
      const gatewayClosed = gateway.close();
      const sourcesClosed = [schedules, ...sources].map((source) => source.close());
      await host.close(GRACE_MS);
      setTimeout(gateway.cut, LAST_ANSWERS_MS);
      await Promise.all([gatewayClosed, ...sourcesClosed]);
    },
  };
}

function describeRuntime({
  cloud,
  played,
  credentials,
  codeDir,
  compileCacheDir,
}: ServeOptions): RuntimeSettings {
  return {
    region: cloud.region,
    accountId: cloud.accountId,
    ...credentials,
    awsEndpoint: cloud.endpoint,
    taskRoot: played.taskRoot,
    codeDir,
    compileCacheDir,
  };
}
