import { ServiceError } from '../../errors.ts';
import type { KnownType } from '../detect.ts';
import type { MediaFacts, MediaFile, MediaOptions, Prepared } from '../medium.ts';
import { inspectContainer } from './inspect-container.ts';

/** Digits behind the point of a duration that is told: milliseconds. */
const PRECISION = 1_000;

/**
 * The facts of a video or a recording, and whether there is anything in the part that was asked for.
 * @throws ServiceError `request_invalid` beside those of the file
 */
export async function describeContainer(
  file: MediaFile,
  { clip }: MediaOptions,
): Promise<MediaFacts> {
  const { mediaType, durationSeconds, tracks, metadata } = await inspectContainer(file);
  if (clip?.start !== undefined && clip.start >= durationSeconds) {
    const message = `The clip begins behind the end, at ${durationSeconds.toFixed(3)} s.`;
    throw new ServiceError('request_invalid', message);
  }
  const size = tracks.find(({ kind }) => kind === 'video');
  return {
    mediaType,
    source: {
      ...(size?.width && size.height && { width: size.width, height: size.height }),
      durationSeconds: Math.round(durationSeconds * PRECISION) / PRECISION,
      tracks,
    },
    metadata,
  };
}

/** No model takes Matroska by its name; QuickTime it calls `video/mov`. */
const NAMES: Partial<Record<KnownType, string>> = {
  'video/x-matroska': 'video/webm',
  'video/quicktime': 'video/mov',
  'audio/mpeg': 'audio/mp3',
};

/** Nothing is decoded, and so nothing can be made anew: the model gets the container as it is. */
export function sendOriginal({ mediaType }: MediaFacts): Prepared {
  return { mediaType: NAMES[mediaType] ?? mediaType, original: true };
}
