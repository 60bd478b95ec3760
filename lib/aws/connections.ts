import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** Bounds of one AWS call, in milliseconds: a hung connection must not eat the function's time. */
const CONNECT_TIMEOUT_MS = 1_000;
const CALL_TIMEOUT_MS = 10_000;

/** What every AWS client is made with; the SDK is the one that retries these calls. */
export const awsDefaults = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: CALL_TIMEOUT_MS },
};

export function connectTable(): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient(awsDefaults), {
    marshallOptions: { removeUndefinedValues: true },
  });
}
