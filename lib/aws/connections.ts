import { createTable, type Table } from './table.ts';
import { type CallAws, createCaller } from './wire/call.ts';
import type { Connection } from './wire/connection.ts';

/** Bounds of one AWS call, in milliseconds: a hung connection must not eat the function's time. */
const CONNECT_TIMEOUT_MS = 1_000;
const CALL_TIMEOUT_MS = 5_000;
const MAX_ATTEMPTS = 3;

/** What every client of AWS' own is made with; it is the one that retries these calls. */
export const awsDefaults = boundCalls(CALL_TIMEOUT_MS);

/** Settings of a client whose calls end after so many milliseconds without an answer. */
export function boundCalls(requestTimeout: number) {
  const connectionTimeout = CONNECT_TIMEOUT_MS;
  return {
    maxAttempts: MAX_ATTEMPTS,
    // Without the last one the SDK only prints a warning when the time is up.
    requestHandler: { connectionTimeout, requestTimeout, throwOnRequestTimeout: true },
  };
}

const BOUNDS = { connectMs: CONNECT_TIMEOUT_MS, answerMs: CALL_TIMEOUT_MS, tries: MAX_ATTEMPTS };

/** The table: that of the function, or of whom a command works for. */
export function connectTable(connection?: Connection): Table {
  const service = { service: 'dynamodb', prefix: 'DynamoDB_20120810' };
  return createTable(createCaller({ ...service, ...BOUNDS, ...(connection && { connection }) }));
}

/** The queues. */
export function connectQueues(): CallAws {
  return createCaller({ service: 'sqs', prefix: 'AmazonSQS', ...BOUNDS });
}
