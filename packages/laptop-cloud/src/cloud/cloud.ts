import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import { listen } from '../listen.ts';
import type { AwsService } from './aws-service.ts';
import { openDatabase, truncateLog } from './database.ts';
import { openTables, type Tables } from './dynamodb/tables.ts';
import { type AwsCall, createEndpoint } from './endpoint.ts';
import type { Buckets } from './s3/buckets.ts';
import { createLifecycle, type Lifecycle } from './s3/multipart.ts';
import { createS3Service } from './s3/service.ts';
import { openStorage } from './s3/storage.ts';
import { createSecrets, type Secrets } from './secrets/secrets.ts';
import type { Credentials } from './sigv4.ts';
import { createQueues, type Queues } from './sqs/queues.ts';
import { createSqsService } from './sqs/service.ts';

/** Requests under way get this long to end when the cloud closes. */
const CLOSE_GRACE_MILLISECONDS = 1_000;

export type { AwsCall };

/** The laptop's AWS: S3, SQS, DynamoDB and Secrets Manager behind one endpoint. */
export interface Cloud {
  endpoint: string;
  region: string;
  accountId: string;
  buckets: Buckets;
  queues: Queues;
  tables: Tables;
  secrets: Secrets;
  /** Ends within about a second, and cuts off requests that are still under way then. */
  close(): Promise<void>;
}

export interface CloudOptions {
  dataDir: string;
  /** 0 takes any free port. */
  port: number;
  credentials: Credentials;
  region?: string;
  accountId?: string;
  /** Milliseconds since 1970. */
  now?: () => number;
  onCall?: (call: AwsCall) => void;
}

/**
 * Starts the cloud on 127.0.0.1, with everything that an earlier run acknowledged and its messages in
 * flight visible again. Throws where the port is taken or another process uses the data folder.
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { dataDir, region = 'us-east-1', accountId = '000000000000', now = Date.now } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  // First: the lock on the tables' folder keeps a second process from sweeping files of the first.
  const tables = await openTables({ dataDir, now });
  const database = openDatabase(dataDir);
  const stopTruncating = truncateLog(database);
  try {
    const place = { endpoint: '' };
    const { server, lifecycle, ...parts } = buildParts(
      { ...options, region, accountId },
      { tables, database, place },
    );
    const listening = await listen(server, options.port);
    place.endpoint = listening.url;
    const close = async (): Promise<void> => {
      parts.queues.close();
      lifecycle.close();
      const timer = setTimeout(listening.cut, CLOSE_GRACE_MILLISECONDS);
      await listening.close();
      clearTimeout(timer);
      await tables.close();
      stopTruncating();
      database.close();
    };
    return { endpoint: place.endpoint, region, accountId, tables, ...parts, close };
  } catch (error) {
    stopTruncating();
    database.close();
    await tables.close();
    throw error;
  }
}

interface Foundation {
  tables: Tables;
  database: DatabaseSync;
  /** Filled in once the port is known; queue URLs hold it. */
  place: { endpoint: string };
}

function buildParts(
  options: CloudOptions & { region: string; accountId: string },
  { tables, database, place }: Foundation,
): Pick<Cloud, 'buckets' | 'queues' | 'secrets'> & { server: Server; lifecycle: Lifecycle } {
  const { dataDir, credentials, region, accountId, onCall, now = Date.now } = options;
  const names = { region, accountId };
  const queues = createQueues(database, { endpoint: () => place.endpoint, ...names, now });
  queues.recoverInFlight();
  const storage = openStorage(database, { dataDir, credentials, queues, ...names, now });
  const secrets = createSecrets({ dataDir, ...names });
  const services = new Map<string, AwsService>([
    ['sqs', createSqsService(queues)],
    ['dynamodb', tables],
    ['secretsmanager', secrets],
  ]);
  const s3 = createS3Service(storage);
  const server = createEndpoint({ s3, services, credentials, region, now, onCall });
  const lifecycle = createLifecycle(storage);
  const buckets: Buckets = {
    ensureBucket: ({ abortPartsAfterDays, ...bucket }) => {
      storage.buckets.ensureBucket(bucket);
      lifecycle.declare(bucket.name, abortPartsAfterDays);
    },
    sweep: lifecycle.sweep,
  };
  return { buckets, queues, secrets, server, lifecycle };
}
