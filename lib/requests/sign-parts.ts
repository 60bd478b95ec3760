import * as z from 'zod/mini';
import { shownStatus } from '../analysis/record.ts';
import type { Analyses } from '../analysis/record-store.ts';
import type { PartSigner } from '../aws/upload-form.ts';
import { ServiceError } from '../errors.ts';
import { countParts, findParted, type PartedRecord, partNumber, sizePart } from './multipart.ts';

/** Of one call; each is asked for when it is about to be sent. */
export const MAX_SIGNED_PARTS = 100;
/** How long a signed part is good for, in seconds: to begin with it, not to end. */
const PART_EXPIRES_SECONDS = 3_600;

const hex = (digits: number, pattern: RegExp) =>
  z.string().check(z.regex(pattern, `has to be ${digits} hexadecimal digits`));

/** `POST /v1/uploads/{id}/parts` */
export const partsRequest = z.strictObject({
  parts: z
    .array(
      z.strictObject({
        number: partNumber,
        sha256: z.optional(hex(64, /^[0-9a-f]{64}$/i)),
        crc32: z.optional(hex(8, /^[0-9a-f]{8}$/i)),
      }),
    )
    .check(z.minLength(1), z.maxLength(MAX_SIGNED_PARTS)),
});
type PartsRequest = z.output<typeof partsRequest>;
type WantedPart = PartsRequest['parts'][number];

export interface SignPartsDeps {
  analyses: Pick<Analyses, 'read'>;
  signer: PartSigner;
  /** Epoch milliseconds. */
  now(): number;
}

/**
 * Signs parts, each for its exact size and, where that was announced, for its checksum: S3 takes no other.
 * @throws ServiceError `analysis_not_found`, `request_invalid`, `upload_expired`
 */
export async function signParts(
  deps: SignPartsDeps,
  clientId: string,
  id: string,
  { parts: wanted }: PartsRequest,
) {
  const record = await findParted(deps, clientId, id);
  const now = deps.now();
  const status = shownStatus(record, now);
  if (status === 'expired') throw new ServiceError('upload_expired');
  if (status !== 'awaiting_upload')
    throw new ServiceError(
      'request_invalid',
      'The file is there already, and takes no more parts.',
    );
  for (const [index, part] of wanted.entries()) checkPart(record, part, `body.parts.${index}`);
  const parts = await Promise.all(wanted.map((part) => signPart(deps, record, part, now)));
  const expiresAt = new Date(now + PART_EXPIRES_SECONDS * 1000).toISOString();
  return { parts, expiresAt };
}

function checkPart({ multipart }: PartedRecord, part: WantedPart, path: string): void {
  const last = countParts(multipart);
  if (part.number > last) throw refuse(`${path}.number`, `there are ${last} parts`);
  for (const name of ['sha256', 'crc32'] as const) {
    const isAnnounced = multipart.checksum === name;
    if (isAnnounced && part[name] === undefined)
      throw refuse(`${path}.${name}`, 'was announced as `partChecksum`, and is missing');
    if (!isAnnounced && part[name] !== undefined)
      throw refuse(`${path}.${name}`, 'was not announced as `partChecksum`');
  }
}

function refuse(path: string, message: string): ServiceError {
  const fields = [{ path, message }];
  return new ServiceError('request_invalid', `Not valid: ${path}: ${message}`, { fields });
}

async function signPart(
  { signer }: SignPartsDeps,
  { source, multipart }: PartedRecord,
  { number, ...digests }: WantedPart,
  now: number,
) {
  const { uploadId, checksum: algorithm } = multipart;
  const bytes = sizePart(multipart, number);
  const digest = algorithm && digests[algorithm];
  const signed = await signer.sign({
    key: source.key,
    uploadId,
    number,
    bytes,
    checksum: algorithm && digest ? { algorithm, digest } : undefined,
    expiresInSeconds: PART_EXPIRES_SECONDS,
    now,
  });
  return { number, method: 'PUT' as const, bytes, ...signed };
}
