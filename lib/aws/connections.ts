import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** Bounds of one AWS call, in milliseconds: a hung connection must not eat the function's time. */
const CONNECT_TIMEOUT_MS = 1_000;
const CALL_TIMEOUT_MS = 5_000;
const MAX_ATTEMPTS = 3;

/** What every AWS client is made with; the SDK is the one that retries these calls. */
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

export function connectTable(): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient(awsDefaults), {
    // The second: a client's map may have an entry named `constructor`, and is a plain map all the same.
    marshallOptions: { removeUndefinedValues: true, convertClassInstanceToMap: true },
  });
}
