import type { Analyses } from '../aws/analyses.ts';
import type { StoredParts } from '../aws/stored-parts.ts';
import { ServiceError } from '../errors.ts';
import { countParts, findParted, pickWhole } from './multipart.ts';

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
