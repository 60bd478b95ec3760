import { createHash, randomBytes } from 'node:crypto';
import type { ErrorCode } from './errors.ts';

/** A worker's hold on a record, in seconds; renewed every LEASE_RENEW_SECONDS while at work. */
export const LEASE_SECONDS = 60;
export const LEASE_RENEW_SECONDS = 20;
/** Tries of one analysis before a transient error becomes its end. */
export const MAX_ATTEMPTS = 5;
/** Workers that one file may take with it while it is read and decoded. */
export const MAX_DEATHS = 3;
/** How long a signed upload is good for, in seconds. */
export const UPLOAD_EXPIRES_SECONDS = 900;
/** How long the record of an upload that never came is kept, in seconds (7 days). */
export const UNUSED_RECORD_SECONDS = 604_800;
/** How long a tombstone stays, in seconds: longer than any message lives (14 days). */
export const TOMBSTONE_SECONDS = 1_209_600;

export const ENDED = ['succeeded', 'failed', 'rejected'] as const;
export const STATUSES = ['awaiting_upload', 'processing', 'queued', 'expired', ...ENDED] as const;
export type Status = (typeof STATUSES)[number];
export type EndStatus = (typeof ENDED)[number];
export type StoredStatus = Exclude<Status, 'expired'> | 'deleted';
export type Stage = 'validating' | 'converting' | 'analyzing' | 'storing';

/** What is known of the file; sizes in bytes and, of the upright picture, in pixels. */
export interface Source {
  key: string;
  filename: string;
  declaredType?: string | undefined;
  mediaType?: string | undefined;
  bytes?: number | undefined;
  sha256?: string | undefined;
  width?: number | undefined;
  height?: number | undefined;
}

export interface Usage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  costUsd?: number | undefined;
}

export interface AnalysisError {
  code: ErrorCode;
  message: string;
  retryable: boolean;
}

/** An analysis as it is stored. Times are ISO 8601 but for the lease's and the TTL's. */
export interface AnalysisRecord {
  id: string;
  clientId: string;
  /** Goes up by one with every write: what a claim is conditional on. */
  version: number;
  status: StoredStatus;
  stage?: Stage | undefined;
  createdAt: string;
  updatedAt: string;
  completedAt?: string | undefined;
  uploadExpiresAt?: string | undefined;
  source: Source;
  /** The ETag of the object that was read. */
  eTag?: string | undefined;
  expectedSha256?: string | undefined;
  analyzer: { name: string; version: number };
  prompt?: string | undefined;
  model?: string | undefined;
  cached: boolean;
  caption?: string | undefined;
  result?: Record<string, unknown> | undefined;
  /** Where the result lies when it is too large for the table. */
  resultKey?: string | undefined;
  usage?: Usage | undefined;
  safety?: Record<string, unknown> | undefined;
  error?: AnalysisError | undefined;
  tags: string[];
  metadata: Record<string, string>;
  attempts: number;
  deaths: number;
  leaseToken?: string | undefined;
  /** Epoch milliseconds. */
  leaseUntil?: number | undefined;
  /** The table's TTL, epoch seconds. */
  expiresAt?: number | undefined;
}

/** What S3 says of an object that was put. */
export interface UploadedObject {
  bucket: string;
  key: string;
  /** Bytes, as the event says. */
  size: number;
  sequencer: string;
  /** ISO 8601. */
  eventTime: string;
}

export type Decision =
  | { kind: 'create' }
  | { kind: 'claim'; deaths: number }
  | { kind: 'wait'; seconds: number }
  | { kind: 'end'; status: 'rejected' | 'failed'; code: ErrorCode }
  | { kind: 'ignore'; reason: 'already_ended' | 'unknown_upload' | 'deleted' };

type Deciding = Pick<AnalysisRecord, 'status' | 'stage' | 'attempts' | 'deaths' | 'error'> &
  Pick<AnalysisRecord, 'leaseUntil'>;

/** What to do with a message, by docs/states.md. `now` in epoch milliseconds. */
export function decideClaim(
  record: Deciding | undefined,
  origin: 'upload' | 'drop',
  now: number,
): Decision {
  const settled = decideSettled(record, origin, now);
  if (settled) return settled;
  if (!record) return { kind: 'create' };
  if (record.status !== 'processing') return { kind: 'claim', deaths: record.deaths };
  return decideTakeOver(record);
}

/** What to do with a message that was found in the dead-letter queue. `now` in epoch milliseconds. */
export function decideFailure(
  record: Deciding | undefined,
  origin: 'upload' | 'drop',
  now: number,
): Decision {
  const settled = decideSettled(record, origin, now);
  if (settled) return settled;
  if (!record) return { kind: 'create' };
  return { kind: 'end', status: 'failed', code: record.error?.code ?? 'internal' };
}

function decideSettled(
  record: Deciding | undefined,
  origin: 'upload' | 'drop',
  now: number,
): Decision | undefined {
  if (!record) return origin === 'drop' ? undefined : { kind: 'ignore', reason: 'unknown_upload' };
  if (record.status === 'deleted') return { kind: 'ignore', reason: 'deleted' };
  if (hasEnded(record.status)) return { kind: 'ignore', reason: 'already_ended' };
  const left = (record.leaseUntil ?? 0) - now;
  if (record.status === 'processing' && left > 0)
    return { kind: 'wait', seconds: Math.ceil(left / 1000) };
  return undefined;
}

function decideTakeOver(record: Deciding): Decision {
  const diedOfTheFile = record.stage === 'validating' || record.stage === 'converting';
  const deaths = record.deaths + (diedOfTheFile ? 1 : 0);
  if (deaths >= MAX_DEATHS) return { kind: 'end', status: 'rejected', code: 'file_too_complex' };
  if (record.attempts >= MAX_ATTEMPTS)
    return { kind: 'end', status: 'failed', code: record.error?.code ?? 'internal' };
  return { kind: 'claim', deaths };
}

export function hasEnded(status: Status | StoredStatus): status is EndStatus {
  return (ENDED as readonly string[]).includes(status);
}

/** The status a client sees: `expired` is computed. `now` in epoch milliseconds. */
export function shownStatus(
  record: Pick<AnalysisRecord, 'status' | 'uploadExpiresAt'>,
  now: number,
): StoredStatus | 'expired' {
  const unused = record.status === 'awaiting_upload' && record.uploadExpiresAt !== undefined;
  return unused && Date.parse(record.uploadExpiresAt ?? '') <= now ? 'expired' : record.status;
}

const ID_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford's base 32, in byte order

/** An id that sorts by its time and tells nothing else. `now` in epoch milliseconds. */
export function createAnalysisId(now: number): string {
  return formatId(now, randomBytes(10));
}

/** The id of an object in the drop folder: the same event, however often it comes, is the same id. */
export function dropAnalysisId(object: UploadedObject): string {
  const name = JSON.stringify([object.bucket, object.key, object.sequencer]);
  const digest = createHash('sha256').update(name).digest();
  return formatId(Date.parse(object.eventTime), digest.subarray(0, 10));
}

function formatId(time: number, entropy: Uint8Array): string {
  const bits = (BigInt(time) << 80n) | BigInt(`0x${Buffer.from(entropy).toString('hex')}`);
  const digits = Array.from({ length: 26 }, (_, index) => {
    const digit = Number((bits >> BigInt(5 * (25 - index))) & 31n);
    return ID_ALPHABET.charAt(digit);
  });
  return `an_${digits.join('')}`;
}

/** Where an upload lies in the bucket: the client's name for it is never part of the key. */
export function uploadKey(id: string): string {
  return `uploads/${id}`;
}

/** The id that an upload's key carries, or undefined for any other key. */
export function uploadIdOf(key: string): string | undefined {
  return /^uploads\/(an_[0-9a-hjkmnp-tv-z]{26})$/.exec(key)?.[1];
}
