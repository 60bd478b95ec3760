import { type AwsError, awsError } from '../aws-service.ts';

/**
 * The error shapes of the JSON protocol and the codes that the older Query protocol has for them.
 * Clients match on the latter: in JSON it travels in the header `x-amzn-query-error`.
 */
const QUERY_CODES: Record<string, string> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
};

/** The code of the Query protocol; the same name where the protocols agree. */
export function queryCode(code: string): string {
  return QUERY_CODES[code] ?? code;
}

export function queueDoesNotExist(): AwsError {
  return awsError('QueueDoesNotExist', 'The specified queue does not exist.');
}

export function invalidParameter(parameter: string, value: unknown, reason: string): AwsError {
  return awsError(
    'InvalidParameterValue',
    `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`,
  );
}

export function unsupported(what: string): AwsError {
  return awsError('UnsupportedOperation', `${what} is not supported by this endpoint.`);
}
