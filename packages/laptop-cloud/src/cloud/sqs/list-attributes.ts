import type { MessageCounts } from './message-store.ts';
import type { QueueInfo } from './queue.ts';
import { NUMBERS, REFUSED, SETTABLE, unknownAttribute } from './read-attributes.ts';

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
