import * as z from 'zod/mini';
import { type Contents, copyAnswer, nameContent } from '../analysis/content.ts';
import { uploadShape } from '../analysis/fields.ts';
import { createAnalysisId, uploadKey } from '../analysis/ids.ts';
import { type AnalysisRecord, expiryOf, newAnalysis } from '../analysis/record.ts';
import type { Analyses } from '../analysis/record-store.ts';
import type { Results } from '../analysis/result-store.ts';
import type { FindAnalyzer } from '../analyzers/own-store.ts';
import type { Origin } from '../api/idempotency.ts';
import type { Reply } from '../api/problem.ts';
import { type Retention, type RetentionDeps, readRetention } from '../auth/client-settings.ts';
import { dayOf } from '../budget/budget.ts';
import { type RefuseSpentDeps, refuseSpent } from '../budget/reservation.ts';
import type { Spending } from '../budget/spending-store.ts';
import { ServiceError } from '../errors.ts';
import { parseTarget, type Reach } from '../webhooks/webhook-target.ts';
import { analyzerFields, type ChosenAnalyzer, chooseAnalyzer } from './choose-analyzer.ts';
import {
  findMaximum,
  type PrepareUploadDeps,
  partChecksum,
  prepareUpload,
  type UploadLimits,
} from './multipart.ts';

interface KnownUploadDeps {
  analyses: Pick<Analyses, 'read' | 'create'>;
  contents: Pick<Contents, 'find'>;
  results: Pick<Results, 'copy'>;
  spending: Pick<Spending, 'note' | 'countNoted'>;
}

/** What the month's sums are told of it. */
const COUNTED = { succeeded: 1, cached: 1 };

/**
 * Stores an announced upload as finished where this client's answer to the same content is known, and
 * says whether it was. `bytes`: the file's size, as far as it was announced. `origin`: of a request that
 * may have been sent before.
 */
async function answerAnnounced(
  deps: KnownUploadDeps,
  announced: AnalysisRecord,
  bytes: number | undefined,
  origin: Origin | undefined,
): Promise<boolean> {
  const { id, clientId } = announced;
  // Noted before there is a record, counted after: an earlier run may have got as far as either.
  const day = dayOf(origin?.at ?? Date.parse(announced.createdAt));
  const earlier = origin && (await deps.analyses.read(id));
  const isStored = earlier
    ? earlier.status === 'succeeded'
    : await storeKnown(deps, announced, bytes, day);
  if (isStored) await deps.spending.countNoted(clientId, id, day, COUNTED);
  return isStored;
}

async function storeKnown(
  deps: KnownUploadDeps,
  announced: AnalysisRecord,
  bytes: number | undefined,
  day: string,
): Promise<boolean> {
  const { expectedSha256, fresh } = announced;
  if (!expectedSha256 || fresh) return false;
  const holderId = await deps.contents.find(nameContent(announced, expectedSha256));
  const holder = holderId ? await deps.analyses.read(holderId) : undefined;
  if (holder?.status !== 'succeeded') return false;
  if (bytes !== undefined && bytes !== holder.source.bytes) return false;
  const { id, clientId, recordDays } = announced;
  const from = holder.resultKey;
  const resultKey = from && `results/${id}/copy.json`; // its own, so that it outlives the first one
  const isThere = !from || (await deps.results.copy(from, `${resultKey}`, recordDays));
  if (!isThere) return false; // the model is asked anew
  await deps.spending.note(clientId, id, day);
  return deps.analyses.create({ ...finish(announced, holder), resultKey });
}

function finish(announced: AnalysisRecord, holder: AnalysisRecord): AnalysisRecord {
  const { uploadExpiresAt: _, ...record } = announced;
  const answer = copyAnswer(holder, record);
  const completedAt = record.createdAt;
  const expiresAt = expiryOf(record, Date.parse(completedAt));
  const { result } = holder;
  const fileKey = holder.source.key;
  return { ...record, ...answer, fileKey, result, status: 'succeeded', completedAt, expiresAt };
}

/** Bounds of what a client may say of an upload: characters, but for the counts. */
export const MAX_FILENAME_CHARACTERS = 1_024;
export const MAX_TAGS = 20;
export const MAX_TAG_CHARACTERS = 64;
export const MAX_METADATA_ENTRIES = 20;
export const MAX_METADATA_KEY_CHARACTERS = 64;
export const MAX_METADATA_VALUE_CHARACTERS = 512;

export const filename = z.string().check(z.minLength(1), z.maxLength(MAX_FILENAME_CHARACTERS));

export const mediaType = z.string().check(
  z.regex(/^[\w.+-]{1,64}\/[\w.+-]{1,64}$/, 'has to be a media type'),
  z.meta({
    description:
      'Of a picture, a video, audio or a PDF, or application/octet-stream; the bytes are what counts',
    pattern: '^((image/(?!svg)|video/|audio/)[\\w.+-]{1,64}|application/(pdf|octet-stream))$', // others are a 415
  }),
);

/** `POST /v1/uploads`: what is not known here is refused, so that a typing error is not taken for consent. */
export const uploadRequest = z.strictObject({
  filename,
  contentType: mediaType,
  /** Bytes. */
  contentLength: z.optional(z.int().check(z.minimum(0))),
  sha256: z.optional(
    z
      .string()
      .check(z.regex(/^[0-9a-f]{64}$/i, 'has to be 64 hexadecimal digits'), z.toLowerCase()),
  ),
  /** Of a file so large that it goes in parts: each is then signed for the digest that is given of it. */
  partChecksum: z.optional(partChecksum),
  ...analyzerFields,
  ...uploadShape,
  tags: z.optional(
    z
      .array(z.string().check(z.minLength(1), z.maxLength(MAX_TAG_CHARACTERS)))
      .check(z.maxLength(MAX_TAGS)),
  ),
  metadata: z.optional(
    z
      .record(
        z
          .string()
          .check(
            z.minLength(1),
            z.maxLength(MAX_METADATA_KEY_CHARACTERS),
            z.regex(/^(?!__proto__$)/),
          ), // refused in any JSON
        z.string().check(z.maxLength(MAX_METADATA_VALUE_CHARACTERS)),
      )
      .check(
        z.refine(
          (entries) => Object.keys(entries).length <= MAX_METADATA_ENTRIES,
          'too many entries',
        ),
      ),
  ),
});
export type UploadRequest = z.output<typeof uploadRequest>;

/** `?fresh=true`: the model is asked anew, whatever is known of the same bytes. */
export const freshness = z.pipe(
  z._default(z.enum(['true', 'false']), 'false'),
  z.transform((text) => text === 'true'),
);

/** What a client says of an upload, and of how to analyse it. */
type UploadWish = Omit<UploadRequest, 'contentLength' | 'partChecksum' | 'analyzer' | 'options'> &
  ChosenAnalyzer &
  Retention & { fresh: boolean };

export interface UploadDeps
  extends PrepareUploadDeps,
    KnownUploadDeps,
    RefuseSpentDeps,
    RetentionDeps {
  spending: Pick<Spending, 'read' | 'note' | 'countNoted'>;
  findAnalyzer: FindAnalyzer;
  maxBytes: UploadLimits;
  /** Of callbacks. */
  reach: Reach;
  now(): number;
}

/**
 * Writes the record, then signs the upload for it; none is needed where the answer is known by its sha256.
 * @throws ServiceError `type_unsupported`, `file_too_large`, `budget_exhausted`: known before a byte is sent
 */
export async function announceUpload(
  deps: UploadDeps,
  clientId: string,
  request: UploadRequest & { fresh: boolean },
  origin?: Origin,
): Promise<Reply> {
  const maxBytes = findMaximum(request.contentType, deps.maxBytes);
  if ((request.contentLength ?? 0) > maxBytes)
    throw new ServiceError('file_too_large', `At most ${maxBytes} bytes are accepted.`);
  checkCallback(request, deps.reach);
  const chosen = await chooseAnalyzer(deps.findAnalyzer, clientId, request, 'body');
  const retention = await readRetention(deps, clientId);
  const now = deps.now();
  const id = createAnalysisId(origin?.at ?? now, origin?.entropy);
  const record = describeUpload(id, clientId, { ...request, ...chosen, ...retention }, now);
  const links = { self: `/v1/analyses/${id}` };
  if (await answerAnnounced(deps, record, request.contentLength, origin))
    return { status: 200, body: { id, status: 'succeeded', cached: true, upload: null, links } };
  await refuseSpent(deps, clientId);
  const announced = { ...request, maxBytes, keptDays: retention.uploadDays };
  const upload = await prepareUpload(deps, record, announced, now);
  const body = { id, status: 'awaiting_upload', upload, links };
  return { status: 201, body, goodUntil: Date.parse(upload.expiresAt) };
}

/** The record of an upload, announced or sent along with the request. */
export function describeUpload(
  id: string,
  clientId: string,
  request: UploadWish,
  now: number,
): AnalysisRecord {
  const { filename, contentType, sha256, ...wish } = request;
  const source = { key: uploadKey(id), filename, declaredType: contentType };
  return newAnalysis({ ...wish, id, clientId, source, expectedSha256: sha256, now });
}

/** @throws ServiceError `request_invalid` */
export function checkCallback({ callbackUrl }: { callbackUrl?: string | undefined }, reach: Reach) {
  if (callbackUrl !== undefined) parseTarget(callbackUrl, reach, 'callbackUrl');
}
