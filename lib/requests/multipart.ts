import * as z from 'zod/mini';
import type { AnalysisRecord } from '../analysis/record.ts';
import { type Analyses, readOwn } from '../analysis/record-store.ts';
import type { MediumName } from '../analysis/source.ts';
import type { StoredPart, StoredParts } from '../aws/stored-parts.ts';
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
