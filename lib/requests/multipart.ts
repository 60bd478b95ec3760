import * as z from 'zod/mini';
import type { AnalysisRecord } from '../analysis.ts';
import type { Analyses } from '../aws/analyses.ts';
import type { StoredPart } from '../aws/stored-parts.ts';
import { ServiceError } from '../errors.ts';

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
  const record = await analyses.read(id);
  if (!record || record.status === 'deleted' || record.clientId !== clientId)
    throw new ServiceError('analysis_not_found');
  const { multipart } = record;
  if (!multipart)
    throw new ServiceError('request_invalid', 'This upload is sent by a form, and has no parts.');
  return { ...record, multipart };
}
