import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '../database.ts';
import type { Credentials } from '../sigv4.ts';
import type { Bodies } from './bodies.ts';
import type { BucketStore } from './buckets.ts';
import { checkWriteConditions, type WriteConditions } from './conditions.ts';
import type { Notifications } from './notifications.ts';
import type { ObjectTable, StoredObject } from './objects.ts';
import type { UploadTable } from './uploads.ts';

/** Everything behind the operations. */
export interface Storage {
  database: DatabaseSync;
  bodies: Bodies;
  buckets: BucketStore;
  objects: ObjectTable;
  uploads: UploadTable;
  notifications: Notifications;
  region: string;
  accountId: string;
  credentials: Credentials;
  now: () => number;
}

/** Who asked: goes into the event. */
export interface Origin {
  requestId: string;
  sourceIp: string;
}

export interface Commit {
  origin: Origin;
  /** `ObjectCreated:Put` and its like. */
  eventName: string;
  conditions?: WriteConditions;
  /** Further writes of the same transaction. */
  alongside?: () => void;
}

/**
 * Makes an object visible: its row and its event are one transaction, so that a kill leaves both or none.
 * The body that it replaces goes afterwards. Throws NoSuchBucket, PreconditionFailed.
 */
export function commitObject(storage: Storage, object: StoredObject, commit: Commit): void {
  const { bucket, key, size, etag } = object;
  const before = inTransaction(storage.database, () => {
    const found = storage.objects.find(bucket, key);
    const owner = storage.buckets.require(bucket);
    checkWriteConditions(found, commit.conditions ?? {});
    storage.objects.put(object);
    commit.alongside?.();
    const event = { name: commit.eventName, key, size, etag, ...commit.origin };
    storage.notifications.publish(owner, event);
    return found;
  });
  if (before) storage.bodies.remove(before.segments);
}

/** Removes an object, quietly where there is none. Throws PreconditionFailed. */
export function deleteObject(
  storage: Storage,
  target: { bucket: string; key: string },
  options: { origin: Origin; conditions?: WriteConditions },
): void {
  const { bucket, key } = target;
  const before = inTransaction(storage.database, () => {
    const owner = storage.buckets.require(bucket);
    const found = storage.objects.find(bucket, key);
    if (!found) return undefined; // as S3: If-Match does not hold against what is not there
    checkWriteConditions(found, options.conditions ?? {});
    storage.objects.remove(bucket, key);
    storage.notifications.publish(owner, {
      name: 'ObjectRemoved:Delete',
      key,
      ...options.origin,
    });
    return found;
  });
  if (before) storage.bodies.remove(before.segments);
}
