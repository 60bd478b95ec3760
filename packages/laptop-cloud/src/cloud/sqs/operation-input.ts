import { z } from 'zod';
import { type AwsError, awsError } from '../aws-service.ts';
import { queueDoesNotExist, unsupported } from './errors.ts';
import type { QueueInfo } from './queue.ts';
import type { Queues } from './queues.ts';

// The Query protocol has strings only.
const integer = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d{1,9}$/)
    .transform(Number),
]);
const names = z.array(z.string()).exactOptional();
const attributes = z.record(z.string(), z.string());
const messageAttributes = z
  .record(
    z.string(),
    z.strictObject({
      DataType: z.string(),
      StringValue: z.string().exactOptional(),
      BinaryValue: z.string().exactOptional(),
    }),
  )
  .exactOptional();
const QueueUrl = z.string();
const ReceiptHandle = z.string();
const message = {
  MessageBody: z.string(),
  DelaySeconds: integer.exactOptional(),
  MessageAttributes: messageAttributes,
  /** Makes a standard queue a fair one. */
  MessageGroupId: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/)
    .exactOptional(),
};

// Strict: an unsupported parameter is refused, never ignored.
export const createQueueInput = z.strictObject({
  QueueName: z.string(),
  Attributes: attributes.exactOptional(),
});
export const getQueueUrlInput = z.strictObject({
  QueueName: z.string(),
  QueueOwnerAWSAccountId: z.string().exactOptional(),
});
export const listQueuesInput = z.strictObject({
  QueueNamePrefix: z.string().exactOptional(),
  MaxResults: integer.exactOptional(),
  NextToken: z.string().exactOptional(),
});
export const queueInput = z.strictObject({ QueueUrl });
export const listSourceQueuesInput = listQueuesInput.omit({ QueueNamePrefix: true }).extend({
  QueueUrl,
});
export const getAttributesInput = z.strictObject({ QueueUrl, AttributeNames: names });
export const setAttributesInput = z.strictObject({ QueueUrl, Attributes: attributes });
export const sendInput = z.strictObject({ QueueUrl, ...message });
export const receiveInput = z.strictObject({
  QueueUrl,
  AttributeNames: names,
  MessageSystemAttributeNames: names,
  MessageAttributeNames: names,
  MaxNumberOfMessages: integer.default(1),
  VisibilityTimeout: integer.exactOptional(),
  WaitTimeSeconds: integer.exactOptional(),
});
export const deleteInput = z.strictObject({ QueueUrl, ReceiptHandle });
export const visibilityInput = z.strictObject({
  QueueUrl,
  ReceiptHandle,
  VisibilityTimeout: integer,
});
export const sendBatchInput = batchOf({ ...message });
export const deleteBatchInput = batchOf({ ReceiptHandle });
export const visibilityBatchInput = batchOf({ ReceiptHandle, VisibilityTimeout: integer });
export const moveTaskInput = z.strictObject({
  SourceArn: z.string(),
  DestinationArn: z.string().exactOptional(),
});

function batchOf<Entry extends z.ZodRawShape>(entry: Entry) {
  return z.strictObject({
    QueueUrl,
    Entries: z.array(z.strictObject({ Id: z.string(), ...entry })).default([]),
  });
}

/** Throws `MissingParameter`, `UnsupportedOperation` or `InvalidParameterValue`. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw describeIssue(parsed.error.issues[0]);
}

function describeIssue(issue: z.core.$ZodIssue | undefined): AwsError {
  const where = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') return unsupported(`The parameter ${issue.keys[0]}`);
  if (issue?.input === undefined) {
    return awsError('MissingParameter', `The request must contain the parameter ${where}.`);
  }
  return awsError('InvalidParameterValue', `Value for parameter ${where} is invalid.`);
}

export interface Call {
  queues: Queues;
  /** Aborts when the caller hangs up: a message received for nobody would stay hidden for its visibility timeout. */
  signal: AbortSignal;
}

/** By name; throws `QueueDoesNotExist`. */
export function requireQueue(queues: Queues, name: string): QueueInfo {
  const queue = queues.find(name);
  if (!queue) throw queueDoesNotExist();
  return queue;
}

/** By its URL, with any host (a tunnel, another name of this machine). Throws `InvalidAddress`, `QueueDoesNotExist`. */
export function requireQueueOfUrl(queues: Queues, url: string): QueueInfo {
  const [, account, name] = /^\/(\d{12})\/([^/]+)$/.exec(URL.parse(url)?.pathname ?? '') ?? [];
  if (!account || !name) {
    throw awsError('InvalidAddress', `The address ${url} is not valid for this endpoint.`);
  }
  const queue = requireQueue(queues, name);
  if (!queue.url.endsWith(`/${account}/${name}`)) throw queueDoesNotExist();
  return queue;
}
