import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Credentials } from '../sigv4.ts';
import { openBodies } from './bodies.ts';
import { createBuckets } from './buckets.ts';
import type { Storage } from './commit.ts';
import { createNotifications, type NotificationOptions } from './notifications.ts';
import { createObjectTable } from './objects.ts';
import { createSchema, listKnownFiles } from './schema.ts';
import { createUploadTable } from './uploads.ts';

export interface StorageOptions extends NotificationOptions {
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
