import { z } from 'zod';
import { awsError } from '../service.ts';
import { unsupported } from './errors.ts';
import type { QueueChanges } from './settings.ts';

/** The API's names for a queue's numbers. */
export const NUMBERS = {
  VisibilityTimeout: 'visibilityTimeoutSeconds',
  MessageRetentionPeriod: 'messageRetentionSeconds',
  DelaySeconds: 'delaySeconds',
  ReceiveMessageWaitTimeSeconds: 'receiveWaitSeconds',
  MaximumMessageSize: 'maximumMessageBytes',
} as const;

export const SETTABLE = [
  ...Object.keys(NUMBERS),
  'Policy',
  'RedrivePolicy',
  'RedriveAllowPolicy',
  'SqsManagedSseEnabled',
];
// Known to SQS and set by some templates; here they would be a promise not kept.
export const REFUSED = [
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

export function unknownAttribute(name: string) {
  return awsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
}
