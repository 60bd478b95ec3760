import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { awsError } from '../aws-service.ts';
import { invalidParameter, queueDoesNotExist } from './errors.ts';
import {
  parseQueueSettings,
  type QueueChanges,
  type QueueInfo,
  type QueueOptions,
  type QueueSettings,
  type QueuesOptions,
  queueSettingsSchema,
} from './queue.ts';

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;

export type QueueRegistry = ReturnType<typeof createQueueRegistry>;

/** The queues and their settings. */
export function createQueueRegistry(
  store: QueueStore,
  { endpoint, region, accountId, now }: Required<QueuesOptions>,
) {
  const arnOf = (name: string) => `arn:aws:sqs:${region}:${accountId}:${name}`;

  const describe = (queue: StoredQueue): QueueInfo => ({
    ...queue,
    arn: arnOf(queue.name),
    url: `${endpoint()}/${accountId}/${queue.name}`,
  });

  function find(name: string): QueueInfo | undefined {
    const queue = store.find(name);
    return queue && describe(queue);
  }

  function require(name: string): QueueInfo {
    const queue = find(name);
    if (!queue) throw queueDoesNotExist();
    return queue;
  }

  function save(name: string, settings: QueueSettings): void {
    if (settings.redrive) checkRedrive(name, find(settings.redrive.deadLetterQueueName));
    store.save(name, settings, now());
  }

  return {
    arnOf,
    nameOfArn(arn: string): string {
      const name = arn.slice(arn.lastIndexOf(':') + 1);
      if (arn !== arnOf(name)) throw invalidParameter('Arn', arn, 'No queue of this endpoint.');
      return name;
    },
    find,
    require,
    list: () => store.list().map(describe),
    remove: (name: string) => store.remove(require(name).name),
    configure: (name: string, changes: QueueChanges) =>
      save(name, parseQueueSettings({ ...require(name), ...changes })),
    ensureQueue({ name, ...settings }: QueueOptions): QueueInfo {
      if (!QUEUE_NAME.test(name)) {
        throw invalidParameter(
          'QueueName',
          name,
          'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length; FIFO queues are not supported here.',
        );
      }
      save(name, parseQueueSettings(settings));
      return require(name);
    },
  };
}

function checkRedrive(source: string, deadLetterQueue: QueueInfo | undefined): void {
  const refuse = (reason: string) =>
    awsError(
      'InvalidParameterValue',
      `Value for parameter RedrivePolicy is invalid. Reason: ${reason}`,
    );
  if (!deadLetterQueue) throw refuse('Dead letter target does not exist.');
  const allow = deadLetterQueue.redriveAllow;
  const allowed =
    !allow ||
    allow.permission === 'allowAll' ||
    (allow.permission === 'byQueue' && allow.sourceQueueNames?.includes(source));
  if (!allowed) throw refuse('The redrive allow policy of the dead letter target forbids it.');
}

interface StoredQueue extends QueueSettings {
  name: string;
  createdAt: number;
  modifiedAt: number;
}

interface QueueStore {
  find(name: string): StoredQueue | undefined;
  list(): StoredQueue[];
  save(name: string, settings: QueueSettings, now: number): void;
  remove(name: string): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sqs_queues (
    name TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    settings TEXT NOT NULL
  ) STRICT`;

const rowSchema = z.object({
  name: z.string(),
  created_at: z.number(),
  modified_at: z.number(),
  settings: z.string().transform((json) => queueSettingsSchema.parse(JSON.parse(json))),
});

function toStoredQueue(row: unknown): StoredQueue {
  const { name, created_at, modified_at, settings } = rowSchema.parse(row);
  return { ...settings, name, createdAt: created_at, modifiedAt: modified_at };
}

/** The queues' rows; times in milliseconds. */
export function createQueueStore(database: DatabaseSync): QueueStore {
  database.exec(SCHEMA);
  const findOne = database.prepare('SELECT * FROM sqs_queues WHERE name = ?');
  const findAll = database.prepare('SELECT * FROM sqs_queues ORDER BY name');
  const upsert = database.prepare(`
    INSERT INTO sqs_queues (name, created_at, modified_at, settings) VALUES (?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET
      modified_at = excluded.modified_at, settings = excluded.settings`);
  const deleteOne = database.prepare('DELETE FROM sqs_queues WHERE name = ?');
  return {
    find(name) {
      const row = findOne.get(name);
      return row && toStoredQueue(row);
    },
    list: () => findAll.all().map(toStoredQueue),
    save: (name, settings, now) => void upsert.run(name, now, now, JSON.stringify(settings)),
    remove: (name) => void deleteOne.run(name),
  };
}
