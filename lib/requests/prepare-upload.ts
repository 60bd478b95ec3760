import { type AnalysisRecord, UPLOAD_EXPIRES_SECONDS } from '../analysis.ts';
import type { createFormSigner } from '../aws/upload-form.ts';
import { type AnnouncePartsDeps, announceParts } from './announce-parts.ts';
import { MAX_FORM_UPLOAD_BYTES } from './upload-limits.ts';

export interface PrepareUploadDeps extends AnnouncePartsDeps {
  uploads: ReturnType<typeof createFormSigner>;
}

export interface PreparedWish {
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
