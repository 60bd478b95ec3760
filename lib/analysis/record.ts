import * as z from 'zod/mini';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { type GivenFields, pickFields, pickGiven, SHOWN_FIELDS, storedShape } from './fields.ts';
import { number, optionalNumber, optionalText, type Source, source, text } from './source.ts';

/** A worker's hold on a record, in seconds; renewed every LEASE_RENEW_SECONDS while at work. */
export const LEASE_SECONDS = 60;
export const LEASE_RENEW_SECONDS = 20;
/** Tries of one analysis before a transient error becomes its end. */
export const MAX_ATTEMPTS = 5;
/** Workers that one file may take with it while it is read and decoded. */
export const MAX_DEATHS = 3;
/** Times that an analysis waits for the answer to the same bytes before it asks for itself: longer than most tries of one take together. */
export const MAX_WAITS = 16;
/** Tries that no model was asked in, for all were to be left alone: so many do not count. */
export const MAX_PAUSED_TRIES = 6;
/** Times that an analysis goes back to the queue for its file: to go on sending it, and until the model has looked it through. */
export const MAX_FILE_RETURNS = 30;
/** Times that a file is sent to the model, where it is lost there. */
export const MAX_FILE_UPLOADS = 4;
/** How long a signed upload is good for, in seconds. */
export const UPLOAD_EXPIRES_SECONDS = 900;
/** How long the record of an upload that never came is kept, in seconds (7 days). */
const UNUSED_RECORD_SECONDS = 604_800;
const DAY_SECONDS = 86_400;
/** How long a tombstone stays, in seconds: as long as the longest-lived message (14 days). */
export const TOMBSTONE_SECONDS = 1_209_600;

export const ENDED = ['succeeded', 'failed', 'rejected'] as const;
const STORED = ['awaiting_upload', 'processing', 'queued', ...ENDED] as const;
/** What a client may see; `expired` is computed when read. */
export const STATUSES = [...STORED, 'expired'] as const;
export type EndStatus = (typeof ENDED)[number];
export type Status = (typeof STATUSES)[number];

const STAGES = ['validating', 'converting', 'analyzing', 'storing'] as const;
const stage = z.enum(STAGES);
export type Stage = (typeof STAGES)[number];
/** How long each stage of the last try took, in milliseconds, as far as it was gone through. */
const stageMs = z.partialRecord(stage, number);
export type StageMs = z.infer<typeof stageMs>;

/** Calls and cost of the models over all tries, failed ones included. */
const usage = z.object({
  inputTokens: number,
  /** Of the input, what came from the model's cache and costs less. */
  cachedTokens: optionalNumber,
  /** Thinking included: what is billed. */
  outputTokens: number,
  /** Of the output. */
  thinkingTokens: optionalNumber,
  totalTokens: number,
  /** Absent where the price of a model that answered is not known. */
  costUsd: optionalNumber,
  /** Some of it is bounded from above: the model did not say what it took. */
  estimated: z.optional(z.boolean()),
  /** The level that the last call asked for: the analyzer's, or the nearest that the model has. */
  thinking: optionalText,
  /** Tries of the analysis that came to the model, and calls in them. */
  attempts: optionalNumber,
  calls: optionalNumber,
  /** Spent on asking, pauses between calls included, in milliseconds. */
  latencyMs: optionalNumber,
});
export type Usage = z.infer<typeof usage>;

/** A file that is too large to go along with a question, on its way to the model or there. */
const modelFile = z.object({
  /** `files/ID`; absent: none is there. */
  name: optionalText,
  /** Of the object that it is made of. */
  eTag: optionalText,
  /** Where the rest of it is sent to, while it is not whole: a credential. How much has come, the server knows. */
  uploadUrl: optionalText,
  pieceBytes: optionalNumber,
  /** Of MAX_FILE_UPLOADS, and of MAX_FILE_RETURNS. */
  uploads: number,
  returns: number,
});
export type ModelFile = z.infer<typeof modelFile>;

/** What people see of the file: one object, with its thumbnail behind it (0: it is its own). Sizes in bytes. */
const keptPicture = z.object({ key: text, bytes: number, thumbnailBytes: number });
export type KeptPicture = z.infer<typeof keptPicture>;

const errorCode = z.custom<ErrorCode>((code) => typeof code === 'string' && code in ERRORS);
const analysisError = z.object({
  code: errorCode,
  message: text,
  retryable: z.boolean(),
  /** Of a budget: ISO 8601. */
  resetsAt: optionalText,
});
export type AnalysisError = z.infer<typeof analysisError>;

/** Fields of an analysis in the indexes. Times are ISO 8601. */
export const summaryRecord = z.object({
  id: text,
  status: z.enum(STORED),
  stage: z.optional(stage),
  createdAt: text,
  updatedAt: text,
  completedAt: optionalText,
  uploadExpiresAt: optionalText,
  source,
  analyzer: z.object({ name: text, version: number }),
  model: optionalText,
  cached: z.boolean(),
  caption: optionalText,
  usage: z.optional(usage),
  error: z.optional(analysisError),
  picture: z.optional(keptPicture),
  tags: z.array(text),
  metadata: z.record(text, text),
});
export type SummaryRecord = z.infer<typeof summaryRecord>;

/** An upload in parts: what S3 calls it, how large the file is to be, and each part but the last. */
const multipart = z.object({
  uploadId: text,
  bytes: number,
  partSize: number,
  /** Which digest of each part S3 asks for. */
  checksum: z.optional(z.enum(['sha256', 'crc32'])),
});

/** An analysis as it is stored. */
export const analysisRecord = z.extend(summaryRecord, {
  clientId: text,
  /** Goes up by one with every write: what a claim is conditional on. */
  version: number,
  /** When the first worker claimed it: ISO 8601. */
  startedAt: optionalText,
  stageMs: z.optional(stageMs),
  /** The ETag of the object that was read. */
  eTag: optionalText,
  /** Of one that was answered without an upload: where the file lies that was analysed, while its own analysis is kept. */
  fileKey: optionalText,
  expectedSha256: optionalText,
  ...storedShape,
  /** Options of its analyzer, as JSON. */
  options: optionalText,
  /** Nobody chose the analyzer: what kind of file has come decides. */
  byMedium: z.optional(z.boolean()),
  /** Of a file that comes in parts; sizes in bytes. */
  multipart: z.optional(multipart),
  /** Asked for anew, whatever is known of the same bytes. */
  fresh: z.optional(z.boolean()),
  result: z.optional(z.record(text, z.unknown())),
  /** Key of a result that is too large for the table. */
  resultKey: optionalText,
  safety: z.optional(z.record(text, z.unknown())),
  /** How long it is kept after its end; absent: until it is deleted. */
  recordDays: optionalNumber,
  /** How long its file and the picture made of it are kept; absent: as long as their buckets keep any. */
  uploadDays: optionalNumber,
  attempts: number,
  deaths: number,
  /** Times that it has waited for the answer to the same bytes. */
  waits: optionalNumber,
  /** Of MAX_PAUSED_TRIES. */
  pausedTries: optionalNumber,
  modelFile: z.optional(modelFile),
  leaseToken: optionalText,
  /** Epoch milliseconds. */
  leaseUntil: optionalNumber,
  /** The table's TTL, epoch seconds. */
  expiresAt: optionalNumber,
});
export type AnalysisRecord = z.infer<typeof analysisRecord>;

/** Tombstone of a deleted analysis, so that no late message recreates it. */
export const tombstone = z.object({
  id: text,
  status: z.literal('deleted'),
  version: number,
  ownerId: text,
  // What is to be removed yet: nothing of it is kept behind that.
  key: optionalText,
  eTag: optionalText,
  /** Of parts that never became a file. */
  uploadId: optionalText,
  resultKey: optionalText,
  /** The name of its file at the model, which its message has removed. */
  modelFile: optionalText,
  pictureKey: optionalText,
  /** Its possible entry in the content index. */
  content: optionalText,
  /** Whether all that was stored of it is gone too. */
  purged: z.boolean(),
  expiresAt: number,
});
export type Tombstone = z.infer<typeof tombstone>;

interface NewAnalysis extends GivenFields {
  id: string;
  clientId: string;
  source: Source;
  analyzer: { name: string; version: number };
  options?: string | undefined;
  byMedium?: boolean | undefined;
  fresh?: boolean | undefined;
  recordDays?: number | undefined;
  uploadDays?: number | undefined;
  expectedSha256?: string | undefined;
  tags?: string[] | undefined;
  metadata?: Record<string, string> | undefined;
  /** Epoch milliseconds. */
  now: number;
}

/** The record of an upload that is announced, or, for the drop folder, just seen. */
export function newAnalysis(given: NewAnalysis): AnalysisRecord {
  const createdAt = new Date(given.now).toISOString();
  return {
    id: given.id,
    clientId: given.clientId,
    version: 1,
    status: 'awaiting_upload',
    createdAt,
    updatedAt: createdAt,
    uploadExpiresAt: new Date(given.now + UPLOAD_EXPIRES_SECONDS * 1000).toISOString(),
    expiresAt: expiryOfUnused({ createdAt }),
    source: given.source,
    analyzer: given.analyzer,
    options: given.options,
    ...pickGiven(given),
    byMedium: given.byMedium || undefined,
    fresh: given.fresh || undefined,
    recordDays: given.recordDays,
    uploadDays: given.uploadDays,
    expectedSha256: given.expectedSha256,
    cached: false,
    tags: given.tags ?? [],
    metadata: given.metadata ?? {},
    attempts: 0,
    deaths: 0,
  };
}

/** The table's TTL of an analysis that ends `now` (epoch milliseconds), in epoch seconds; undefined where it is kept. */
export function expiryOf({ recordDays }: Pick<AnalysisRecord, 'recordDays'>, now: number) {
  return recordDays === undefined ? undefined : Math.floor(now / 1000) + recordDays * DAY_SECONDS;
}

/** The same of an upload that nothing has come of yet. */
export function expiryOfUnused({ createdAt }: Pick<AnalysisRecord, 'createdAt'>): number {
  return Math.floor(Date.parse(createdAt) / 1000) + UNUSED_RECORD_SECONDS;
}

export function hasEnded(status: string): status is EndStatus {
  return (ENDED as readonly string[]).includes(status);
}

/** The status that a client sees. `now` in epoch milliseconds. */
export function shownStatus(
  record: Pick<SummaryRecord, 'status' | 'uploadExpiresAt'>,
  now: number,
): Status {
  const unused = record.status === 'awaiting_upload' && record.uploadExpiresAt;
  return unused && Date.parse(unused) <= now ? 'expired' : record.status;
}

/** A summary as a client sees it: an analysis without `result` and `safety`, with `caption`. */
export function showSummary(record: SummaryRecord, now: number) {
  const { id, stage, createdAt, updatedAt, completedAt, source, analyzer, model } = record;
  const { cached, caption, usage, error, tags, metadata } = record;
  const shown = { id, status: shownStatus(record, now), stage, createdAt, updatedAt, completedAt };
  return { ...shown, source, analyzer, model, cached, caption, usage, error, tags, metadata };
}

/** An analysis as a client sees it; `result` is given apart, for it may lie elsewhere. */
export function showAnalysis(
  record: AnalysisRecord,
  result: Record<string, unknown> | undefined,
  now: number,
) {
  const { caption: _, usage, error, tags, metadata, ...head } = showSummary(record, now);
  const { stageMs, safety } = record;
  const shown = pickFields(record, SHOWN_FIELDS);
  return { ...head, stageMs, result, usage, safety, error, tags, metadata, ...shown };
}
