import * as z from 'zod/mini';
import type { Analyses } from '../analysis/record-store.ts';
import type { StoredPart, StoredParts } from '../aws/stored-parts.ts';
import { ServiceError } from '../errors.ts';
import {
  countParts,
  findParted,
  MAX_PARTS,
  type PartedRecord,
  partNumber,
  pickWhole,
} from './multipart.ts';

/** Parts that one refusal names. */
const MAX_NAMED_PARTS = 20;
const MAX_ETAG_CHARACTERS = 100;

/** `POST /v1/uploads/{id}/complete`: without `parts`, what is there is taken as it is. */
export const completeRequest = z._default(
  z.strictObject({
    parts: z.optional(
      z
        .array(
          z.strictObject({
            number: partNumber,
            etag: z.string().check(z.minLength(1), z.maxLength(MAX_ETAG_CHARACTERS)),
          }),
        )
        .check(z.minLength(1), z.maxLength(MAX_PARTS)),
    ),
  }),
  {},
);
type CompleteRequest = z.output<typeof completeRequest>;

export interface CompleteUploadDeps {
  analyses: Pick<Analyses, 'read'>;
  parts: StoredParts;
}

/**
 * Makes the file of its parts, once all are there. The same call again is answered the same.
 * @throws ServiceError `analysis_not_found`, `request_invalid` that names what is missing or another, `upload_expired`
 */
export async function completeUpload(
  deps: CompleteUploadDeps,
  clientId: string,
  id: string,
  { parts: told }: CompleteRequest,
) {
  const record = await findParted(deps, clientId, id);
  if (record.status === 'awaiting_upload') await complete(deps, record, told);
  return { id, links: { self: `/v1/analyses/${id}` } };
}

async function complete(
  { parts }: CompleteUploadDeps,
  { source, multipart }: PartedRecord,
  told: CompleteRequest['parts'],
): Promise<void> {
  const { key } = source;
  const stored = await parts.list(key, multipart.uploadId);
  const whole = pickWhole(multipart, stored ?? []);
  if (stored) checkAllThere(countParts(multipart), whole);
  if (stored && told) checkTold(told, whole);
  const { uploadId, bytes } = multipart;
  const end = stored ? await parts.complete({ key, uploadId, bytes, parts: whole }) : 'gone';
  if (end === 'changed')
    throw new ServiceError('request_invalid', 'A part was sent again meanwhile: complete it anew.');
  // Gone: completed by an earlier call, or its time was over.
  if (end === 'gone' && !(await parts.isComplete(key))) throw new ServiceError('upload_expired');
}

/** Each has the size that it has to have, so all of them together are the file that was announced. */
function checkAllThere(count: number, whole: readonly StoredPart[]): void {
  const there = new Set(whole.map(({ number }) => number));
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const missing = numbers.filter((number) => !there.has(number));
  if (missing.length > 0) throw refuse('Not there, or of another size', missing);
}

/** What the client has seen of each part has to be what lies there. */
function checkTold(
  told: NonNullable<CompleteRequest['parts']>,
  whole: readonly StoredPart[],
): void {
  const tags = new Map(told.map(({ number, etag }) => [number, bare(etag)]));
  const unlike = whole.filter(({ number, eTag }) => tags.get(number) !== bare(eTag));
  if (unlike.length > 0)
    throw refuse(
      'Not as told',
      unlike.map(({ number }) => number),
    );
  if (told.length !== whole.length)
    throw new ServiceError('request_invalid', `The file has ${whole.length} parts.`);
}

const bare = (etag: string) => etag.replaceAll('"', '');

function refuse(what: string, numbers: readonly number[]): ServiceError {
  const named = numbers.slice(0, MAX_NAMED_PARTS).join(', ');
  const more = numbers.length > MAX_NAMED_PARTS ? ', …' : '';
  const message = `${what}: ${numbers.length === 1 ? 'part' : 'parts'} ${named}${more}.`;
  const fields = [{ path: 'body.parts', message }];
  return new ServiceError('request_invalid', message, { fields });
}
