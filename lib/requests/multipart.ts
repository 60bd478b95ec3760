import * as z from 'zod/mini';
import { type AnalysisRecord, UPLOAD_EXPIRES_SECONDS } from '../analysis/record.ts';
import { type Analyses, readOwn } from '../analysis/record-store.ts';
import type { MediumName } from '../analysis/source.ts';
import type { StoredPart, StoredParts } from '../aws/stored-parts.ts';
import type { createFormSigner, PartStarter, StartPartsOptions } from '../aws/upload-form.ts';
import type { Settings } from '../config.ts';
import { ServiceError } from '../errors.ts';
import { mediumOf } from '../media/claimed-type.ts';

/** How long parts may be sent, in seconds (a day): 2 GB from a phone take hours. The bucket's lifecycle ends later. */
export const MULTIPART_EXPIRES_SECONDS = 86_400;
/** Bytes of a part (8 MiB): small enough to be sent again over a bad line, and large enough for S3. */
const PART_BYTES = 8_388_608;
/** S3's. */
export const MAX_PARTS = 10_000;
const MEBIBYTE = 1_048_576;

export const partNumber = z.int().check(z.minimum(1), z.maximum(MAX_PARTS));

/** The client's digest of each part, which S3 then holds it to. */
export const partChecksum = z.enum(['sha256', 'crc32']);

type Multipart = NonNullable<AnalysisRecord['multipart']>;
export type PartedRecord = AnalysisRecord & { multipart: Multipart };

/** Bytes of every part but the last. */
export function choosePartSize(bytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(bytes / MAX_PARTS / MEBIBYTE) * MEBIBYTE);
}

export function countParts({ bytes, partSize }: Multipart): number {
  return Math.ceil(bytes / partSize);
}

/** How many bytes the part of this number, from 1, has to have. */
export function sizePart({ bytes, partSize }: Multipart, number: number): number {
  return Math.min(partSize, bytes - (number - 1) * partSize);
}

/** Those that are as they have to be; every other one is to be sent again. */
export function pickWhole(multipart: Multipart, stored: readonly StoredPart[]): StoredPart[] {
  const last = countParts(multipart);
  return stored.filter(
    ({ number, bytes }) => number <= last && bytes === sizePart(multipart, number),
  );
}

/**
 * The client's upload in parts, whatever has become of it.
 * @throws ServiceError `analysis_not_found`, `request_invalid` where it is sent by a form
 */
export async function findParted(
  { analyses }: { analyses: Pick<Analyses, 'read'> },
  clientId: string,
  id: string,
): Promise<PartedRecord> {
  const record = await readOwn(analyses, clientId, id);
  const { multipart } = record;
  if (!multipart)
    throw new ServiceError('request_invalid', 'This upload is sent by a form, and has no parts.');
  return { ...record, multipart };
}

export interface ListPartsDeps {
  analyses: Pick<Analyses, 'read'>;
  parts: Pick<StoredParts, 'list' | 'isComplete'>;
}

/**
 * What is there of an upload, for one that goes on with it: a page that was loaded anew, or another machine.
 * @throws ServiceError `analysis_not_found`, `request_invalid`, `upload_expired` where all of it is gone
 */
export async function listParts(deps: ListPartsDeps, clientId: string, id: string) {
  const { status, source, multipart, uploadExpiresAt } = await findParted(deps, clientId, id);
  const { uploadId, bytes, partSize, checksum: partChecksum } = multipart;
  const isWaiting = status === 'awaiting_upload';
  const stored = isWaiting ? await deps.parts.list(source.key, uploadId) : undefined;
  const complete = !stored && (!isWaiting || (await deps.parts.isComplete(source.key)));
  if (!stored && !complete) throw new ServiceError('upload_expired');
  return {
    id,
    complete,
    bytes,
    partSize,
    partCount: countParts(multipart),
    partChecksum,
    expiresAt: uploadExpiresAt,
    parts: pickWhole(multipart, stored ?? []).map(({ number, eTag, bytes }) => ({
      number,
      etag: eTag,
      bytes,
    })),
  };
}

/** Of a file that is sent by one form; what is larger goes in parts, of which a lost connection costs but one. */
export const MAX_FORM_UPLOAD_BYTES = 100_000_000;

/** The most bytes of each medium, as the stage sets them. */
export type UploadLimits = Record<MediumName, number>;

export function readUploadLimits(
  config: Pick<
    Settings,
    'MAX_PICTURE_BYTES' | 'MAX_VIDEO_BYTES' | 'MAX_AUDIO_BYTES' | 'MAX_DOCUMENT_BYTES'
  >,
): UploadLimits {
  return {
    image: config.MAX_PICTURE_BYTES,
    video: config.MAX_VIDEO_BYTES,
    audio: config.MAX_AUDIO_BYTES,
    document: config.MAX_DOCUMENT_BYTES,
  };
}

const ANALYSED = /^(image\/(?!svg)|video\/|audio\/|application\/pdf$)/i;
const UNTOLD = /^application\/octet-stream$/i;

/**
 * The most bytes that a file of this declared type may have.
 * @throws ServiceError `type_unsupported`
 */
export function findMaximum(contentType: string, limits: UploadLimits): number {
  if (ANALYSED.test(contentType)) return limits[mediumOf(contentType)];
  if (UNTOLD.test(contentType)) return Math.max(...Object.values(limits)); // its bytes will tell
  const message = `${contentType} is no type that can be analysed: pictures, videos, audio and PDF are.`;
  throw new ServiceError('type_unsupported', message);
}

interface AnnouncePartsDeps {
  analyses: Pick<Analyses, 'read' | 'create'>;
  parts: PartStarter;
  /** Epoch milliseconds. */
  now(): number;
}

interface PartedWish extends Omit<StartPartsOptions, 'key'> {
  bytes: number;
}

/**
 * Stores the record of an upload that comes in parts, and says how the file is to be cut.
 * Where an earlier run of the same request got as far, its upload is gone on with: the one begun here stays
 * empty, and the bucket's lifecycle ends it.
 */
async function announceParts(
  deps: AnnouncePartsDeps,
  announced: AnalysisRecord,
  { bytes, ...wish }: PartedWish,
) {
  const uploadId = await deps.parts.start({ key: announced.source.key, ...wish });
  const partSize = choosePartSize(bytes);
  const multipart = { uploadId, bytes, partSize, checksum: wish.checksum };
  const uploadExpiresAt = new Date(deps.now() + MULTIPART_EXPIRES_SECONDS * 1000).toISOString();
  const record = { ...announced, multipart, uploadExpiresAt };
  if (await deps.analyses.create(record)) return describeParted(record);
  const earlier = await deps.analyses.read(announced.id);
  if (!earlier || earlier.status === 'deleted')
    throw new ServiceError('analysis_not_found', 'The upload was deleted meanwhile.');
  return describeParted(earlier);
}

function describeParted({ id, multipart, uploadExpiresAt: expiresAt = '' }: AnalysisRecord) {
  if (!multipart) throw new ServiceError('internal');
  const { partSize, bytes, checksum: partChecksum } = multipart;
  return {
    method: 'MULTIPART' as const,
    partSize,
    partCount: countParts(multipart),
    partChecksum,
    expiresAt,
    maxBytes: bytes,
    links: { parts: `/v1/uploads/${id}/parts`, complete: `/v1/uploads/${id}/complete` },
  };
}

export interface PrepareUploadDeps extends AnnouncePartsDeps {
  uploads: ReturnType<typeof createFormSigner>;
}

interface PreparedWish {
  contentType: string;
  contentLength?: number | undefined;
  partChecksum?: 'sha256' | 'crc32' | undefined;
  maxBytes: number;
  keptDays: number | undefined;
}

/** Stores the record, and lets the file come: by a signed form, or, where it is large, in parts. */
export async function prepareUpload(
  deps: PrepareUploadDeps,
  record: AnalysisRecord,
  { contentType, contentLength: bytes, partChecksum, maxBytes, keptDays }: PreparedWish,
  now: number,
) {
  if (bytes !== undefined && bytes > MAX_FORM_UPLOAD_BYTES)
    return announceParts(deps, record, { contentType, bytes, checksum: partChecksum, keptDays });
  await deps.analyses.create(record); // refused where an earlier run of the same request got as far
  return deps.uploads.sign({
    key: record.source.key,
    contentType,
    minBytes: bytes ?? 0,
    maxBytes: bytes ?? Math.min(maxBytes, MAX_FORM_UPLOAD_BYTES),
    expiresInSeconds: UPLOAD_EXPIRES_SECONDS,
    keptDays,
    now,
  });
}
