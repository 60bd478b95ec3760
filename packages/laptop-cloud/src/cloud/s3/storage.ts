import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '../database.ts';
import type { Credentials } from '../sigv4.ts';
import { type Bodies, openBodies } from './bodies.ts';
import { type BucketStore, createBuckets } from './buckets.ts';
import { checkWriteConditions, type WriteConditions } from './conditions.ts';
import {
  createNotifications,
  type NotificationOptions,
  type Notifications,
} from './notifications.ts';
import {
  createObjectTable,
  createUploadTable,
  type ObjectTable,
  type StoredObject,
  type UploadTable,
} from './records.ts';

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

interface Commit {
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
    if (!found) return undefined; // as in S3: If-Match does not fail for a missing object
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

interface StorageOptions extends NotificationOptions {
  dataDir: string;
  credentials: Credentials;
}

/** Opens storage on the shared database and `objects/`, and sweeps what a killed run left unfinished. */
export function openStorage(database: DatabaseSync, options: StorageOptions): Storage {
  createSchema(database);
  const bodies = openBodies(join(options.dataDir, 'objects'));
  bodies.sweep(listKnownFiles(database));
  const notifications = createNotifications(database, options);
  const { region, accountId, credentials, now } = options;
  return {
    database,
    bodies,
    notifications,
    buckets: createBuckets(database, { now, announce: notifications.announce }),
    objects: createObjectTable(database),
    uploads: createUploadTable(database),
    region,
    accountId,
    credentials,
    now,
  };
}

/** Creates storage's tables where they are missing. Keys sort by their UTF-8 bytes, as S3 lists them. */
function createSchema(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE IF NOT EXISTS s3_buckets (
      name TEXT PRIMARY KEY,
      created INTEGER NOT NULL,
      cors TEXT NOT NULL,
      notifications TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS s3_objects (
      bucket TEXT NOT NULL,
      key TEXT NOT NULL,
      size INTEGER NOT NULL,
      etag TEXT NOT NULL,
      modified INTEGER NOT NULL,
      segments TEXT NOT NULL,
      detail TEXT NOT NULL,
      PRIMARY KEY (bucket, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS s3_uploads (
      id TEXT PRIMARY KEY,
      bucket TEXT NOT NULL,
      key TEXT NOT NULL,
      started INTEGER NOT NULL,
      detail TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS s3_uploads_by_key ON s3_uploads (bucket, key, id);
    CREATE TABLE IF NOT EXISTS s3_parts (
      upload TEXT NOT NULL REFERENCES s3_uploads (id),
      number INTEGER NOT NULL,
      size INTEGER NOT NULL,
      etag TEXT NOT NULL,
      modified INTEGER NOT NULL,
      file TEXT NOT NULL,
      checksums TEXT NOT NULL,
      PRIMARY KEY (upload, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS s3_sequence (last INTEGER NOT NULL) STRICT;
    INSERT INTO s3_sequence SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM s3_sequence);
  `);
}

/** The body files that some row names; all others are leftovers of a run that was killed. */
function listKnownFiles(database: DatabaseSync): Set<string> {
  const rows = database
    .prepare(
      `SELECT json_extract(segment.value, '$.file') AS file
         FROM s3_objects, json_each(s3_objects.segments) AS segment
       UNION ALL SELECT file FROM s3_parts`,
    )
    .all();
  return new Set(rows.map((row) => String(row.file)));
}
