import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

/** One message; times in milliseconds since 1970. */
export interface StoredMessage {
  sequence: number;
  queue: string;
  messageId: string;
  body: string;
  /** JSON of its message attributes. */
  attributes: string;
  sentAt: number;
  visibleAt: number;
  /** Receives from all queues, as SQS shows them. */
  receiveCount: number;
  /** Receives from this queue, for `maxReceiveCount`. */
  receivedHere: number;
  firstReceivedAt: number | null;
  /** Set while the message is in flight; null again after a visibility timeout of 0. */
  receivedAt: number | null;
  receipt: string | null;
  deadLetterSource: string | null;
  /** MessageGroupId. */
  tenant: string | null;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sqs_messages (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    messageId TEXT NOT NULL,
    body TEXT NOT NULL,
    attributes TEXT NOT NULL,
    sentAt INTEGER NOT NULL,
    visibleAt INTEGER NOT NULL,
    receiveCount INTEGER NOT NULL DEFAULT 0,
    receivedHere INTEGER NOT NULL DEFAULT 0,
    firstReceivedAt INTEGER,
    receivedAt INTEGER,
    receipt TEXT,
    deadLetterSource TEXT,
    letGo INTEGER NOT NULL DEFAULT 0, -- 1: stays in flight over a restart, for its receiver has returned it
    tenant TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sqs_messages_by_visibility ON sqs_messages (queue, visibleAt, sequence);
  CREATE INDEX IF NOT EXISTS sqs_messages_by_age ON sqs_messages (queue, sentAt);
  CREATE INDEX IF NOT EXISTS sqs_messages_by_tenant ON sqs_messages (queue, tenant)
    WHERE tenant IS NOT NULL;`;

const rowSchema = z.object({
  sequence: z.number(),
  queue: z.string(),
  messageId: z.string(),
  body: z.string(),
  attributes: z.string(),
  sentAt: z.number(),
  visibleAt: z.number(),
  receiveCount: z.number(),
  receivedHere: z.number(),
  firstReceivedAt: z.number().nullable(),
  receivedAt: z.number().nullable(),
  receipt: z.string().nullable(),
  deadLetterSource: z.string().nullable(),
  tenant: z.string().nullable(),
});
const countsSchema = z.object({ visible: z.number(), inFlight: z.number(), delayed: z.number() });
const nextSchema = z.object({ visibleAt: z.number().nullable() });

const movedSchema = z.object({ queue: z.string() });

const RANDOM_UUID = `lower(
  hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) ||
  '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))`;

export type MessageCounts = z.output<typeof countsSchema>;
export type MessageStore = ReturnType<typeof createMessageStore>;

/** The messages' rows: one function for each statement. */
export function createMessageStore(database: DatabaseSync) {
  database.exec(SCHEMA);
  return { ...prepareReads(database), ...prepareWrites(database), ...prepareSweeps(database) };
}

function prepareReads(database: DatabaseSync) {
  const bySequence = database.prepare('SELECT * FROM sqs_messages WHERE sequence = ?');
  const next = database.prepare(
    'SELECT MIN(visibleAt) AS visibleAt FROM sqs_messages WHERE queue = ?',
  );
  const counts = database.prepare(`
    SELECT
      COUNT(*) FILTER (WHERE visibleAt <= :now) AS visible,
      COUNT(*) FILTER (WHERE visibleAt > :now AND receivedAt IS NOT NULL) AS inFlight,
      COUNT(*) FILTER (WHERE visibleAt > :now AND receivedAt IS NULL) AS delayed
    FROM sqs_messages WHERE queue = :queue`);
  return {
    find(sequence: number): StoredMessage | undefined {
      const row = bySequence.get(sequence);
      return row && rowSchema.parse(row);
    },
    listVisible: prepareVisible(database),
    /** When the next message becomes visible, or became so since the last look. */
    nextVisibleAt: (queue: string): number | null => nextSchema.parse(next.get(queue)).visibleAt,
    count: (queue: string, now: number): MessageCounts =>
      countsSchema.parse(counts.get({ queue, now })),
  };
}

/** Visible messages, in the order in which they are received. */
function prepareVisible(database: DatabaseSync) {
  const visible = database.prepare(`
    SELECT * FROM sqs_messages WHERE queue = :queue AND visibleAt <= :now
    ORDER BY visibleAt, sequence LIMIT :limit`);
  // Fair queue: tenants with the fewest messages in flight come first.
  const fair = database.prepare(`
    WITH flying AS (
      SELECT tenant, COUNT(*) AS messages FROM sqs_messages
      WHERE queue = :queue AND tenant IS NOT NULL AND visibleAt > :now AND receivedAt IS NOT NULL
      GROUP BY tenant)
    SELECT message.* FROM sqs_messages AS message LEFT JOIN flying USING (tenant)
    WHERE queue = :queue AND visibleAt <= :now
    ORDER BY COALESCE(flying.messages, 0), visibleAt, sequence LIMIT :limit`);
  const tenant = database.prepare(
    'SELECT 1 FROM sqs_messages WHERE queue = ? AND tenant IS NOT NULL LIMIT 1',
  );
  return (queue: string, now: number, limit: number): StoredMessage[] =>
    (tenant.get(queue) ? fair : visible)
      .all({ queue, now, limit })
      .map((row) => rowSchema.parse(row));
}

function prepareWrites(database: DatabaseSync) {
  const insert = database.prepare(`
    INSERT INTO sqs_messages (queue, messageId, body, attributes, sentAt, visibleAt, tenant)
    VALUES (:queue, :messageId, :body, :attributes, :sentAt, :visibleAt, :tenant)`);
  const take = database.prepare(`
    UPDATE sqs_messages SET visibleAt = :visibleAt, receipt = :receipt, receivedAt = :now, letGo = 0,
      firstReceivedAt = COALESCE(firstReceivedAt, :now),
      receiveCount = receiveCount + 1, receivedHere = receivedHere + 1
    WHERE sequence = :sequence RETURNING *`);
  const moveToDeadLetterQueue = database.prepare(`
    UPDATE sqs_messages SET queue = :queue, visibleAt = :now, receivedHere = 0,
      receivedAt = NULL, receipt = NULL, deadLetterSource = :source
    WHERE sequence = :sequence`);
  const show = database.prepare(
    'UPDATE sqs_messages SET visibleAt = ?, receivedAt = ? WHERE sequence = ?',
  );
  const keepInFlight = database.prepare('UPDATE sqs_messages SET letGo = 1 WHERE sequence = ?');
  const remove = database.prepare('DELETE FROM sqs_messages WHERE sequence = ?');
  return {
    insert: (
      message: Pick<
        StoredMessage,
        'queue' | 'messageId' | 'body' | 'attributes' | 'sentAt' | 'visibleAt' | 'tenant'
      >,
    ) => void insert.run({ ...message }),
    /** Puts the message in flight under a new receipt. */
    take: (claim: { sequence: number; receipt: string; visibleAt: number; now: number }) =>
      rowSchema.parse(take.get({ ...claim })),
    /** The message keeps its id and its age. */
    moveToDeadLetterQueue: (move: {
      sequence: number;
      queue: string;
      source: string;
      now: number;
    }) => void moveToDeadLetterQueue.run({ ...move }),
    setVisibility: (sequence: number, visibleAt: number, receivedAt: number | null) =>
      void show.run(visibleAt, receivedAt, sequence),
    keepInFlight: (sequence: number) => void keepInFlight.run(sequence),
    remove: (sequence: number) => void remove.run(sequence),
  };
}

function prepareSweeps(database: DatabaseSync) {
  const expire = database.prepare('DELETE FROM sqs_messages WHERE queue = ? AND sentAt < ?');
  const purge = database.prepare('DELETE FROM sqs_messages WHERE queue = ?');
  const restart = database.prepare(`
    UPDATE sqs_messages SET visibleAt = sentAt, receivedAt = NULL, receipt = NULL,
      receiveCount = MAX(0, receiveCount - 1), receivedHere = MAX(0, receivedHere - 1)
    WHERE receivedAt IS NOT NULL AND letGo = 0`);
  const redrive = database.prepare(`
    UPDATE sqs_messages SET queue = COALESCE(:destination, deadLetterSource),
      messageId = ${RANDOM_UUID}, sentAt = :now, visibleAt = :now, receiveCount = 0, receivedHere = 0,
      firstReceivedAt = NULL, receivedAt = NULL, receipt = NULL, deadLetterSource = NULL
    WHERE queue = :queue AND visibleAt <= :now
      AND COALESCE(:destination, deadLetterSource) IN (SELECT name FROM sqs_queues)
    RETURNING queue`);
  return {
    expire: (queue: string, sentBefore: number) => void expire.run(queue, sentBefore),
    purge: (queue: string) => void purge.run(queue),
    /** Makes messages in flight visible again, ahead of later ones (`visibleAt = sentAt`). */
    recover: (): number => Number(restart.run().changes),
    /** Moves visible messages back to their source queues, as new ones. Returns the queue of each. */
    redrive: (move: { queue: string; destination: string | null; now: number }): string[] =>
      redrive.all({ ...move }).map((row) => movedSchema.parse(row).queue),
  };
}
