import type { Page } from '../../../../local/page.ts';
import type { Queues } from '../cloud/sqs/queues.ts';
import { startEventSource } from './event-sources.ts';
import type { RuntimeSettings } from './function-environment.ts';
import type { FunctionSpec, QueueSource } from './functions.ts';
import { startGateway } from './gateway.ts';
import { startHost } from './host.ts';
import type { Logs } from './logs.ts';
import type { DeclaredCors } from './template-schema.ts';

// SIGTERM has to end the stack within 5 s; the rest is for the cloud's own end.
const GRACE_MS = 3_000;
const LAST_ANSWERS_MS = 300;

export interface ServingOptions {
  port: number;
  accountId: string;
  cors: DeclaredCors | undefined;
  functions: FunctionSpec[];
  queues: QueueSource[];
  cloud: { queues: Queues };
  runtime: RuntimeSettings;
  logs: Logs;
  page: Page;
}

export interface Serving {
  /** Page and API. */
  url: string;
  /** Takes nothing new, lets what runs end within `GRACE_MS`, and puts the rest back into the queues. */
  close(): Promise<void>;
}

/** All that calls functions: API and page, and the queues' pollers. Rejects where the port is taken. */
export async function startServing(options: ServingOptions): Promise<Serving> {
  const { functions, runtime, logs, cloud, port, accountId, cors, page } = options;
  const host = startHost({ functions, settings: runtime, logs });
  const routes = functions.flatMap(({ name, routes: keys }) =>
    keys.map((routeKey) => ({ routeKey, functionName: name })),
  );
  const gateway = await startGateway({ port, accountId, routes, cors, host, page }).catch(
    async (error) => {
      await host.close(0);
      throw error;
    },
  );
  const sources = options.queues.map((source) =>
    startEventSource({
      source,
      host,
      queues: cloud.queues,
      region: runtime.region,
      onError: (error) => logs.note(source.functionName, 'ERROR', `Queue poll failed: ${error}`),
    }),
  );
  return {
    url: gateway.url,
    async close() {
      const gatewayClosed = gateway.close();
      const sourcesClosed = sources.map((source) => source.close());
      await host.close(GRACE_MS);
      setTimeout(gateway.cut, LAST_ANSWERS_MS);
      await Promise.all([gatewayClosed, ...sourcesClosed]);
    },
  };
}
