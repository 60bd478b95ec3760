import type { AnalysisRecord } from '../analysis.ts';
import type { Analyses } from '../aws/analyses.ts';
import type { PartStarter, StartPartsOptions } from '../aws/part-starter.ts';
import { ServiceError } from '../errors.ts';
import { choosePartSize, countParts, MULTIPART_EXPIRES_SECONDS } from './multipart.ts';

export interface AnnouncePartsDeps {
  analyses: Pick<Analyses, 'read' | 'create'>;
  parts: PartStarter;
  /** Epoch milliseconds. */
  now(): number;
}

export interface PartedWish extends Omit<StartPartsOptions, 'key'> {
  bytes: number;
}

/**
 * Stores the record of an upload that comes in parts, and says how the file is to be cut.
 * Where an earlier run of the same request got as far, its upload is gone on with: the one begun here stays
 * empty, and the bucket's lifecycle ends it.
 */
export async function announceParts(
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
