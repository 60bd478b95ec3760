import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { encodeKey } from '../canonical-request.ts';
import type { Bucket, Notification } from './buckets.ts';

/** The id of the one configuration; AWS makes up a random one where none is given. */
export const CONFIGURATION_ID = 'laptop-cloud';
const SEQUENCER_DIGITS = 18;

interface ObjectEvent {
  /** Without `s3:`, as events name themselves: `ObjectCreated:Put`. */
  name: string;
  key: string;
  size?: number;
  etag?: string;
  requestId: string;
  sourceIp: string;
}

export interface Notifications {
  /** Enqueues the event where the bucket's configuration asks for it; part of the caller's transaction. */
  publish(bucket: Bucket, event: ObjectEvent): void;
  /** Sends the `s3:TestEvent` with which S3 greets a newly configured queue. */
  announce(bucketName: string, notification: Notification): void;
}

export interface NotificationOptions {
  queues: { send(name: string, message: { body: string }): unknown };
  region: string;
  accountId: string;
  now: () => number;
}

export function createNotifications(
  database: DatabaseSync,
  options: NotificationOptions,
): Notifications {
  const nextSequence = database.prepare(
    'UPDATE s3_sequence SET last = max(last + 1, ?) RETURNING last',
  );
  /** Always increases, whatever the clock does: consumers order a key's events by it. */
  const createSequencer = (): string => {
    const last = Number(nextSequence.get(options.now() * 1000)?.last);
    return last.toString(16).toUpperCase().padStart(SEQUENCER_DIGITS, '0');
  };
  return {
    publish: (bucket, event) => {
      const targets = bucket.notifications.filter((item) => matches(item, event));
      if (targets.length === 0) return;
      const record = buildRecord(bucket.name, event, createSequencer(), options);
      const body = JSON.stringify({ Records: [record] });
      for (const { queueName } of targets) options.queues.send(queueName, { body });
    },
    announce: (bucketName, { queueName }) => {
      const body = JSON.stringify({
        Service: 'Amazon S3',
        Event: 's3:TestEvent',
        Time: new Date(options.now()).toISOString(),
        Bucket: bucketName,
        RequestId: createRequestId(),
        HostId: HOST_ID,
      });
      options.queues.send(queueName, { body });
    },
  };
}

/** `x-amz-id-2`, which names the host that answered. */
export const HOST_ID = randomBytes(48).toString('base64');

export function createRequestId(): string {
  return randomBytes(8).toString('hex').toUpperCase();
}

function matches(notification: Notification, event: ObjectEvent): boolean {
  const { prefix = '', suffix = '', events } = notification;
  return (
    event.key.startsWith(prefix) &&
    event.key.endsWith(suffix) &&
    events.some((wanted) => matchesName(wanted, `s3:${event.name}`))
  );
}

function matchesName(wanted: string, name: string): boolean {
  return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : wanted === name;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
function buildRecord(
  bucketName: string,
  event: ObjectEvent,
  sequencer: string,
  options: NotificationOptions,
): object {
  const principalId = `AWS:${options.accountId}`;
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: options.region,
    eventTime: new Date(options.now()).toISOString(),
    eventName: event.name,
    userIdentity: { principalId },
    requestParameters: { sourceIPAddress: event.sourceIp },
    responseElements: { 'x-amz-request-id': event.requestId, 'x-amz-id-2': HOST_ID },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: CONFIGURATION_ID,
      bucket: {
        name: bucketName,
        ownerIdentity: { principalId },
        arn: `arn:aws:s3:::${bucketName}`,
      },
      object: {
        key: encodeKey(event.key),
        size: event.size,
        eTag: event.etag,
        sequencer,
      },
    },
  };
}
