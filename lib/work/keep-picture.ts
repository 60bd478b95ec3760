import { analysisIdFor, pictureKey, type UploadedObject } from '../analysis/ids.ts';
import type { Outcome } from '../analysis/outcome.ts';
import type { Analyses } from '../analysis/record-store.ts';
import type { Results } from '../analysis/result-store.ts';
import { logger } from '../log.ts';
import { makeThumbnail } from '../media/image/thumbnail.ts';
import type { Prepared } from '../media/medium.ts';
import { type HeldAnalysis, idsOf } from './settle.ts';

export interface KeepPictureDeps {
  analyses: Pick<Analyses, 'read'>;
  results: Pick<Results, 'putPicture' | 'remove'>;
}

/**
 * Keeps what people are to see of the file, with a thumbnail behind it: one object, for each costs a call,
 * and what shows a picture ends at its end. Noted before it is there, so that a deletion finds it. The
 * promise in the answer never fails: an analysis without a picture is still one.
 */
export async function keepPicture(
  { results }: KeepPictureDeps,
  { record, lease }: HeldAnalysis,
  prepared: Prepared,
): Promise<{ stored: Promise<void> }> {
  const shown = findShown(prepared);
  if (!shown) return { stored: Promise.resolve() };
  const { mediaType, bytes } = shown;
  const thumbnail = shown.thumbnail ?? (await makeThumbnail(bytes)) ?? new Uint8Array();
  const key = pictureKey(record.id);
  lease.note({ picture: { key, bytes: bytes.length, thumbnailBytes: thumbnail.length } });
  const body = Buffer.concat([bytes, thumbnail]);
  const keptDays = record.uploadDays;
  const stored = results
    .putPicture({ key, mediaType, bytes: body, keptDays })
    .catch((error: unknown) => {
      lease.note({ picture: undefined });
      const cause = error instanceof Error ? error.name : undefined;
      logger.warn('picture not kept', { ...idsOf(record), cause });
    });
  return { stored };
}

interface Shown {
  mediaType: string;
  bytes: Uint8Array;
  thumbnail?: Uint8Array | undefined;
}

/** The picture that the model gets; for other files their poster, if they have one. */
function findShown(prepared: Prepared): Shown | undefined {
  const { mediaType, poster } = prepared;
  const isPicture = 'bytes' in prepared && mediaType.startsWith('image/');
  return isPicture ? { ...prepared, mediaType } : poster;
}

/** Removes the picture of an analysis that was deleted before the picture was stored. */
export async function forgetPicture(
  { analyses, results }: KeepPictureDeps,
  { record, lease }: HeldAnalysis,
  outcome: Outcome,
): Promise<void> {
  const { picture } = lease.noted();
  if (outcome.kind !== 'ignored' || !picture) return;
  const found = await analyses.read(record.id);
  if (found?.status === 'deleted') await results.remove(picture.key);
}

/** As `forgetPicture`, for a claim that found the analysis deleted: a dead worker may have left a picture. */
export async function forgetLeftPicture(
  { results }: KeepPictureDeps,
  object: UploadedObject,
  outcome: Outcome,
): Promise<void> {
  const id = analysisIdFor(object);
  if (id && outcome.kind === 'ignored' && outcome.reason === 'deleted')
    await results.remove(pictureKey(id));
}
