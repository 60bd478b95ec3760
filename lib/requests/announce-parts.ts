import { type AnalysisRecord, UPLOAD_EXPIRES_SECONDS } from '../analysis/record.ts';
import type { Analyses } from '../analysis/record-store.ts';
import type { createFormSigner, PartStarter, StartPartsOptions } from '../aws/upload-form.ts';
import { ServiceError } from '../errors.ts';
import {
  choosePartSize,
  countParts,
  MAX_FORM_UPLOAD_BYTES,
  MULTIPART_EXPIRES_SECONDS,
} from './multipart.ts';

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
