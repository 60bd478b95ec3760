import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { type QueueSettings, queueSettingsSchema } from './settings.ts';

export interface StoredQueue extends QueueSettings {
  name: string;
  createdAt: number;
  modifiedAt: number;
}

export interface QueueStore {
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

/** The queues' own rows; times in milliseconds. */
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
