import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import * as z from 'zod/mini';
import { accepted, type Table } from '../aws/table.ts';
import { ServiceError, toServiceError } from '../errors.ts';
import { currentDeadline } from '../retry.ts';
import { describeProblem, type Reply, readStorageTrouble } from './problem.ts';

/** What is known of the requests with an `Idempotency-Key`. A refused condition answers false. */
type IdempotencyRecords = ReturnType<typeof createIdempotencyRecords>;

const idempotencyRecord = z.object({
  /** Of the request's content. */
  digest: z.string(),
  /** The run that holds it. */
  token: z.string(),
  /** When the work began, whichever run finishes it: what the ids it makes are derived from. Epoch milliseconds. */
  since: z.number(),
  /** Until when a run that says nothing more is taken to be at work, in epoch milliseconds. */
  leaseUntil: z.number(),
  /** The answer, sealed, and until when it may be given again, in epoch milliseconds. */
  answer: z.optional(z.string()),
  keptUntil: z.optional(z.number()),
  /** The table's TTL, epoch seconds. */
  expiresAt: z.number(),
});
type IdempotencyRecord = z.infer<typeof idempotencyRecord>;

export function createIdempotencyRecords(table: Table, TableName: string) {
  const keyOf = (id: string) => ({ TableName, Key: { pk: `idempotency#${id}` } });

  return {
    /** Takes the key for one run: where there is no record, or in the place of the one that holds `token`. */
    async take(id: string, record: IdempotencyRecord, token?: string): Promise<boolean> {
      const guard =
        token === undefined
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : guardBy(token, {});
      const Item = { ...record, ...keyOf(id).Key };
      return accepted(table.put({ TableName, Item, ...guard }));
    },

    async read(id: string): Promise<IdempotencyRecord | undefined> {
      const { Item } = await table.get({ ...keyOf(id), ConsistentRead: true });
      return Item && idempotencyRecord.parse(Item);
    },

    /** Notes the answer, which ends the run. */
    async keep(
      id: string,
      token: string,
      kept: { answer: string; keptUntil: number },
    ): Promise<boolean> {
      const update = {
        UpdateExpression: 'SET answer = :answer, keptUntil = :keptUntil',
        ...guardBy(token, { ':answer': kept.answer, ':keptUntil': kept.keptUntil }),
      };
      return accepted(table.update({ ...keyOf(id), ...update }));
    },

    /** Ends the run without an answer: the next one begins where `since` says. */
    async release(id: string, token: string, since: number): Promise<boolean> {
      const update = {
        UpdateExpression: 'SET leaseUntil = :ended, since = :since',
        ...guardBy(token, { ':ended': 0, ':since': since }),
      };
      return accepted(table.update({ ...keyOf(id), ...update }));
    },
  };
}

function guardBy(token: string, values: Record<string, string | number>) {
  return {
    ConditionExpression: '#token = :token',
    ExpressionAttributeNames: { '#token': 'token' },
    ExpressionAttributeValues: { ':token': token, ...values },
  };
}

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Text that only who knows the secret can read; base64. */
function seal(secret: string, text: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, keyFor(secret), iv);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
}

/** Undefined for another secret, or where it was changed. */
function unseal(secret: string, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv(CIPHER, keyFor(secret), bytes.subarray(0, IV_BYTES));
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const opened = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([opened, decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** The secret is long and random, so a plain derivation will do. */
function keyFor(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'sightline answer', 32));
}

/** How long a key stands for its request, in seconds (a day). */
export const IDEMPOTENCY_SECONDS = 86_400;
/**
 * A run that has said nothing so long after the end of its function's time is dead, in milliseconds: clocks
 * differ. Outside of a function, after so many seconds.
 */
const LAST_WORDS_MS = 2_000;
const LEASE_SECONDS = 30;
/** Answers of more bytes are made anew, from the same ids: an item of the table holds 400 KB. */
const MAX_KEPT_BYTES = 250_000;
const RETRY_AFTER_SECONDS = 1;

/** What a request's ids are derived from: the same for every run of the same request, so that none makes two records. */
export interface Origin {
  /** Epoch milliseconds. */
  at: number;
  /** Ten bytes. */
  entropy: Uint8Array;
}

interface KeyedRequest {
  clientId: string;
  /** As the client chose it. */
  key: string;
  /** What the client showed at the door: the answers are sealed with it, for they may hold what only the client may have. */
  credential: string;
  digest: string;
  requestId: string;
}

/**
 * Runs the work of a request once, however often it is sent within a day, and gives its answer again.
 * @throws ServiceError `idempotency_mismatch` for other content, `idempotency_conflict` while a run is under way
 */
export type Idempotency = (
  request: KeyedRequest,
  work: (origin: Origin) => Promise<Reply>,
) => Promise<Reply>;

interface IdempotencyDeps {
  records: IdempotencyRecords;
  /** Epoch milliseconds. */
  now(): number;
}

export function createIdempotency(deps: IdempotencyDeps): Idempotency {
  return async (request, work) => {
    const id = `${request.clientId}#${hash(request.key)}`;
    const begun = await begin(deps, id, request);
    if ('reply' in begun) return begun.reply;
    const { token, since, leaseUntil } = begun.record;
    try {
      return await runKept(deps, id, begun.record, request, work);
    } catch (thrown) {
      const error = readStorageTrouble(thrown) ?? toServiceError(thrown);
      if (!error.policy.retryable) throw error;
      // What was begun is gone on with, under the same ids.
      const isFree = await deps.records.release(id, token, since).catch(() => false);
      throw isFree ? error : delayed(error, leaseUntil - deps.now());
    }
  };
}

/** Does the work, and keeps what it came to: its answer, or an error that the same request would bring again. */
async function runKept(
  deps: IdempotencyDeps,
  id: string,
  record: IdempotencyRecord,
  request: KeyedRequest,
  work: (origin: Origin) => Promise<Reply>,
): Promise<Reply> {
  const { since: at } = record;
  const worked = await work({ at, entropy: deriveEntropy(id, at) }).catch((thrown: unknown) => {
    const error = readStorageTrouble(thrown) ?? toServiceError(thrown);
    if (error.policy.retryable) throw error;
    return error;
  });
  if (worked instanceof ServiceError) {
    await keep(deps, id, record, request, describeProblem(worked, request.requestId));
    throw worked;
  }
  await settle(deps, id, record, request, worked);
  return worked;
}

/** The same error, with a time to wait in which the run that could not let go of the key is over. */
function delayed(error: ServiceError, leftMs: number): ServiceError {
  const retryAfterSeconds = Math.max(error.retryAfterSeconds ?? 0, Math.ceil(leftMs / 1000));
  const { code, message, resetsAt, fields } = error;
  return new ServiceError(code, message, { cause: error, retryAfterSeconds, resetsAt, fields });
}

async function begin(
  deps: IdempotencyDeps,
  id: string,
  request: KeyedRequest,
): Promise<{ record: IdempotencyRecord } | { reply: Reply }> {
  const now = deps.now();
  const leftMs = currentDeadline() - Date.now() + LAST_WORDS_MS;
  const leaseUntil = now + Math.min(LEASE_SECONDS * 1000, Math.ceil(leftMs));
  const lease = { token: randomUUID(), leaseUntil };
  const expiresAt = Math.ceil(now / 1000) + IDEMPOTENCY_SECONDS;
  const fresh = { ...lease, digest: request.digest, since: now, expiresAt };
  if (await deps.records.take(id, fresh)) return { record: fresh };
  const found = await deps.records.read(id);
  if (!found) throw conflict(); // gone this very moment: its day was over
  if (found.token === fresh.token) return { record: fresh }; // ours: only the answer was lost
  const isOver = found.expiresAt * 1000 <= now; // the table's TTL may take days
  if (!isOver && found.digest !== request.digest) throw new ServiceError('idempotency_mismatch');
  const reply = isOver ? undefined : openReply(found, request, now);
  if (reply) return { reply };
  if (!isOver && !found.answer && found.leaseUntil > now) throw conflict();
  const { since } = found;
  const record = isOver ? fresh : { ...fresh, since, expiresAt: found.expiresAt };
  if (await deps.records.take(id, record, found.token)) return { record };
  if ((await deps.records.read(id))?.token !== record.token) throw conflict();
  return { record };
}

function conflict(): ServiceError {
  return new ServiceError('idempotency_conflict', undefined, {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

/** Undefined where the answer has had its time, or was given to another key of the client. */
function openReply(
  { answer, keptUntil = 0 }: IdempotencyRecord,
  request: KeyedRequest,
  now: number,
): Reply | undefined {
  const opened = answer && keptUntil > now ? unseal(secretOf(request), answer) : undefined;
  if (opened === undefined) return undefined;
  const { status, body, headers }: Reply = JSON.parse(opened); // sealed below
  return { status, body, headers: { ...headers, 'idempotency-replayed': 'true' } };
}

async function settle(
  deps: IdempotencyDeps,
  id: string,
  record: IdempotencyRecord,
  request: KeyedRequest,
  reply: Reply,
): Promise<void> {
  const isFinal = reply.status < 500 && reply.status !== 429;
  if (isFinal) await keep(deps, id, record, request, reply);
  // This answer is the end of what was begun: another try begins anew.
  else await deps.records.release(id, record.token, Math.max(deps.now(), record.since + 1));
}

async function keep(
  { records, now }: IdempotencyDeps,
  id: string,
  { token, since, expiresAt }: IdempotencyRecord,
  request: KeyedRequest,
  { goodUntil = expiresAt * 1000, ...reply }: Reply,
): Promise<void> {
  const answer = seal(secretOf(request), JSON.stringify(reply));
  const isKept = goodUntil > now() && answer.length <= MAX_KEPT_BYTES;
  if (isKept) await records.keep(id, token, { answer, keptUntil: goodUntil });
  else await records.release(id, token, since);
}

function secretOf({ credential, key }: KeyedRequest): string {
  return JSON.stringify([credential, key]);
}

function deriveEntropy(id: string, since: number): Uint8Array {
  return createHash('sha256').update(`${id}#${since}`).digest().subarray(0, 10);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** Of a function whose requests may come again without harm. */
export function connectIdempotency(
  table: Table,
  { TABLE_NAME }: { TABLE_NAME: string },
): Idempotency {
  return createIdempotency({ records: createIdempotencyRecords(table, TABLE_NAME), now: Date.now });
}
