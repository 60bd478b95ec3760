import { createObjects, type Objects, pathsIn } from './objects.ts';
import type { OpenObject } from './stored-file.ts';
import { createTable, type Table } from './table.ts';
import {
  type CallAws,
  createCaller,
  createClient,
  createOpener,
  createRetryStrategy,
} from './wire/client.ts';
import { bucketUrl, type Connection, readConnection } from './wire/sign.ts';

/** Bounds of one AWS call, in milliseconds: a hung connection must not eat the function's time. */
const CONNECT_TIMEOUT_MS = 1_000;
const CALL_TIMEOUT_MS = 5_000;
/** Tries of one call, seven seconds of pauses at most: a table that is throttled for a moment fails nothing. */
const MAX_ATTEMPTS = 8;

/** Options of every AWS SDK client; the SDK itself retries its calls. */
export const awsDefaults = boundCalls(CALL_TIMEOUT_MS);

/** Settings of a client whose calls end after so many milliseconds without an answer. */
export function boundCalls(requestTimeout: number, tries = MAX_ATTEMPTS) {
  const connectionTimeout = CONNECT_TIMEOUT_MS;
  return {
    retryStrategy: createRetryStrategy(tries, requestTimeout),
    // Without the last one the SDK only prints a warning when the time is up.
    requestHandler: { connectionTimeout, requestTimeout, throwOnRequestTimeout: true },
  };
}

const BOUNDS = { connectMs: CONNECT_TIMEOUT_MS, answerMs: CALL_TIMEOUT_MS, tries: MAX_ATTEMPTS };

/** The table: that of the function, or of whom a command works for. */
export function connectTable(connection?: Connection): Table {
  const send = createClient({ service: 'dynamodb', connection, ...BOUNDS });
  return createTable(createCaller(send, 'DynamoDB_20120810', '1.0'));
}

/** The queues. */
export function connectQueues(): CallAws {
  return createCaller(createClient({ service: 'sqs', ...BOUNDS }), 'AmazonSQS', '1.0');
}

/** A bucket, for what is small. */
export function connectBucket(bucket: string): Objects {
  const { options, pathOf } = describeBucket(bucket);
  return createObjects(createClient(options), pathOf);
}

/** A bucket, for objects that are read as they come. */
export function connectReader(bucket: string): OpenObject {
  const { options, pathOf } = describeBucket(bucket);
  const open = createOpener(options);
  return (key, headers, signal) =>
    open({ method: 'GET', path: pathOf(key), headers, body: '' }, signal);
}

function describeBucket(bucket: string) {
  const connection = readConnection('s3');
  const origin = bucketUrl(bucket, connection);
  const pathOf = pathsIn(origin.pathname.replace(/\/$/, ''));
  return { options: { service: 's3', connection, origin, ...BOUNDS }, pathOf };
}

/** The secrets. */
export function connectSecrets(): CallAws {
  return createCaller(
    createClient({ service: 'secretsmanager', ...BOUNDS }),
    'secretsmanager',
    '1.1',
  );
}
