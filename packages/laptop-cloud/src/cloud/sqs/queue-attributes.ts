import { z } from 'zod';
import { awsError } from '../aws-service.ts';
import { unsupported } from './errors.ts';
import type { MessageCounts } from './message-store.ts';
import type { QueueChanges, QueueInfo } from './queue.ts';

/** The API's names for a queue's numeric settings. */
const NUMBERS = {
  VisibilityTimeout: 'visibilityTimeoutSeconds',
  MessageRetentionPeriod: 'messageRetentionSeconds',
  DelaySeconds: 'delaySeconds',
  ReceiveMessageWaitTimeSeconds: 'receiveWaitSeconds',
  MaximumMessageSize: 'maximumMessageBytes',
} as const;

const SETTABLE = [
  ...Object.keys(NUMBERS),
  'Policy',
  'RedrivePolicy',
  'RedriveAllowPolicy',
  'SqsManagedSseEnabled',
];
// SQS has these; here they would have no effect, so they are refused.
const REFUSED = [
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
];

const count = z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]);
const redrivePolicy = z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: count });
const redriveAllowPolicy = z.object({
  redrivePermission: z.enum(['allowAll', 'denyAll', 'byQueue']),
  sourceQueueArns: z.array(z.string()).exactOptional(),
});

type NameOfArn = (arn: string) => string;

/** The settings that these attributes ask for; an empty policy takes it away. Throws `InvalidAttributeName`, `InvalidAttributeValue`. */
export function readQueueAttributes(
  attributes: Record<string, string>,
  nameOfArn: NameOfArn,
): QueueChanges {
  let changes: QueueChanges = {};
  for (const [name, value] of Object.entries(attributes)) {
    changes = { ...changes, ...readAttribute(name, value, nameOfArn) };
  }
  return changes;
}

function readAttribute(name: string, value: string, nameOfArn: NameOfArn): QueueChanges {
  if (REFUSED.includes(name)) throw unsupported(`The attribute ${name}`);
  if (!SETTABLE.includes(name)) throw unknownAttribute(name);
  if (name === 'Policy')
    return { policy: value ? JSON.stringify(parseJson(name, value)) : undefined };
  if (name === 'RedrivePolicy')
    return { redrive: value ? readRedrive(value, nameOfArn) : undefined };
  if (name === 'RedriveAllowPolicy') {
    return { redriveAllow: value ? readRedriveAllow(value, nameOfArn) : undefined };
  }
  if (name === 'SqsManagedSseEnabled') {
    if (value !== 'true') throw unsupported('A queue without encryption');
    return {};
  }
  if (!/^\d{1,9}$/.test(value)) throw invalidValue(name);
  return Object.fromEntries(
    Object.entries(NUMBERS)
      .filter(([attribute]) => attribute === name)
      .map(([, setting]) => [setting, Number(value)]),
  );
}

function readRedrive(value: string, nameOfArn: NameOfArn): QueueChanges['redrive'] {
  const parsed = redrivePolicy.safeParse(parseJson('RedrivePolicy', value));
  if (!parsed.success) throw invalidValue('RedrivePolicy');
  const { deadLetterTargetArn, maxReceiveCount } = parsed.data;
  return { deadLetterQueueName: nameOfArn(deadLetterTargetArn), maxReceiveCount };
}

function readRedriveAllow(value: string, nameOfArn: NameOfArn): QueueChanges['redriveAllow'] {
  const parsed = redriveAllowPolicy.safeParse(parseJson('RedriveAllowPolicy', value));
  if (!parsed.success) throw invalidValue('RedriveAllowPolicy');
  const { redrivePermission: permission, sourceQueueArns } = parsed.data;
  if (!sourceQueueArns) return { permission };
  return { permission, sourceQueueNames: sourceQueueArns.map(nameOfArn) };
}

function parseJson(name: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw invalidValue(name);
  }
}

function invalidValue(name: string) {
  return awsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
}

function unknownAttribute(name: string) {
  return awsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
}

const READ_ONLY = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
];
/** The attributes asked for, or `All`. */
export function listQueueAttributes(
  queue: QueueInfo,
  counts: MessageCounts,
  names: string[],
  arnOf: (name: string) => string,
): Record<string, string> {
  for (const name of names) {
    if (![...READ_ONLY, ...SETTABLE, ...REFUSED, 'All'].includes(name))
      throw unknownAttribute(name);
  }
  const all = describeQueue(queue, counts, arnOf);
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name)),
  );
}

function describeQueue(
  queue: QueueInfo,
  counts: MessageCounts,
  arnOf: (name: string) => string,
): Record<string, string> {
  return {
    ApproximateNumberOfMessages: String(counts.visible),
    ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
    ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
    QueueArn: queue.arn,
    SqsManagedSseEnabled: 'true',
    ...Object.fromEntries(
      Object.entries(NUMBERS).map(([name, setting]) => [name, String(queue[setting])]),
    ),
    ...describePolicies(queue, arnOf),
  };
}

function describePolicies(
  { policy, redrive, redriveAllow }: QueueInfo,
  arnOf: (name: string) => string,
): Record<string, string> {
  const described: Record<string, string> = {};
  if (policy) described.Policy = policy;
  if (redrive) {
    described.RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: arnOf(redrive.deadLetterQueueName),
      maxReceiveCount: redrive.maxReceiveCount,
    });
  }
  if (redriveAllow) {
    described.RedriveAllowPolicy = JSON.stringify({
      redrivePermission: redriveAllow.permission,
      sourceQueueArns: redriveAllow.sourceQueueNames?.map(arnOf),
    });
  }
  return described;
}
