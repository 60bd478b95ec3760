import { Worker } from 'node:worker_threads';
import { ServiceError } from '../../errors.ts';
import type { ContainerType, StreamType } from '../media-types.ts';
import type { MediaFacts, MediaFile, MediaOptions, Medium } from '../medium.ts';
import { boundHeap, spendThreadTime } from '../thread-bounds.ts';
import {
  CONTAINER_CPU_SECONDS,
  CONTAINER_HEAP_MEGABYTES,
  CONTAINER_SECONDS,
  MAX_AUDIO_SECONDS,
  MAX_SAMPLE_RATE,
  MAX_TRACKS,
  MAX_VIDEO_SECONDS,
} from './container-limits.ts';
import type { CountedFile } from './counted-file.ts';
import { countReads, malformed } from './counted-file.ts';
import { CONTAINERS } from './formats/formats.ts';
import type { ContainerFacts, TracksMessage, TracksTask } from './track-facts.ts';

/** Digits behind the point of a duration that is told: milliseconds. */
const PRECISION = 1_000;

/** No model takes Matroska by its name; QuickTime it calls `video/mov`. */
const NAMES: Partial<Record<StreamType, string>> = {
  'video/x-matroska': 'video/webm',
  'video/quicktime': 'video/mov',
  'audio/mpeg': 'audio/mp3',
};

/** The tracks of a video or a recording, and its type by these. */
export interface StreamFacts extends ContainerFacts {
  mediaType: StreamType;
}

/**
 * A video or a recording, whose tracks were read to know which it is. Nothing is decoded, and so nothing can be
 * made anew: the model gets the container as it is.
 */
export function streamMedium(stream: StreamFacts): Medium {
  const { mediaType } = stream;
  return {
    name: mediaType.startsWith('video/') ? 'video' : 'audio',
    inspect: async (_file, _limits, options) => describeStream(stream, options),
    prepare: async () => ({ mediaType: NAMES[mediaType] ?? mediaType, original: true }),
  };
}

/**
 * Checks that the file is whole and reads its tracks.
 * @throws ServiceError `file_malformed`, `file_too_complex`, `type_unsupported`
 */
export async function inspectContainer(file: MediaFile, type: ContainerType): Promise<StreamFacts> {
  const counted = countReads(file);
  const format = CONTAINERS[type];
  await format.checkEnd(counted);
  const facts = await (format.readTracks?.(counted) ?? readTracks(counted, type));
  const mediaType = format.chooseType(facts);
  checkBounds(mediaType, facts);
  return { ...facts, mediaType };
}

function checkBounds(type: StreamType, { tracks, durationSeconds }: ContainerFacts): void {
  if (tracks.every(({ codec }) => codec === 'unknown')) {
    const message =
      'No track of the file can be read: the codecs are unknown, or the file is encrypted.';
    throw new ServiceError('type_unsupported', message);
  }
  if (tracks.length > MAX_TRACKS)
    throw new ServiceError('file_too_complex', `The file has more than ${MAX_TRACKS} tracks.`);
  if (tracks.some(({ sampleRate = 0 }) => !(sampleRate >= 0 && sampleRate <= MAX_SAMPLE_RATE)))
    throw malformed('The sample rate of its sound is out of range.');
  if (!(durationSeconds > 0)) throw malformed('The file has no duration.');
  const most = type.startsWith('video/') ? MAX_VIDEO_SECONDS : MAX_AUDIO_SECONDS;
  if (durationSeconds > most)
    throw new ServiceError('file_too_complex', `The file is longer than ${most} seconds.`);
}

/** The facts for a record, and whether there is anything in the part that was asked for: else `request_invalid`. */
function describeStream(
  { mediaType, durationSeconds, tracks, metadata }: StreamFacts,
  { clip }: MediaOptions,
): MediaFacts {
  if (clip?.start !== undefined && clip.start >= durationSeconds) {
    const message = `The clip starts at ${clip.start} s, behind the end of the file at ${durationSeconds.toFixed(3)} s.`;
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

/**
 * Reads the tracks of a container. A table of a kilobyte may count four billion pictures, so that it is read in a
 * thread, whose memory and time are bounded. Throws `file_malformed` and `file_too_complex`.
 */
export async function readTracks(
  file: CountedFile,
  type: ContainerType,
  cpuSeconds = CONTAINER_CPU_SECONDS,
): Promise<ContainerFacts> {
  const workerData: TracksTask = { bytes: file.bytes, type };
  const worker = new Worker(new URL('./tracks-thread.ts', import.meta.url), {
    workerData,
    resourceLimits: boundHeap(CONTAINER_HEAP_MEGABYTES),
    stdout: true, // what it warns of is not for the log: it may quote the file
    stderr: true,
  });
  const end = Promise.withResolvers<ContainerFacts>();
  const done = new AbortController();
  const timer = setTimeout(() => end.reject(tooComplex()), CONTAINER_SECONDS * 1000);
  spendThreadTime(worker, cpuSeconds, done.signal).then(() => end.reject(tooComplex()));
  worker.on('error', (cause) => end.reject(tooComplex(cause))); // its memory is full
  worker.on('message', (message: TracksMessage) => {
    if ('answer' in message) end.resolve(message.answer);
    else if ('failure' in message)
      end.reject(malformed('The tracks of the file cannot be read.', message));
    else serve(worker, file, message.read).catch(end.reject);
  });
  try {
    return await end.promise;
  } finally {
    done.abort();
    clearTimeout(timer);
    await worker.terminate();
  }
}

async function serve(worker: Worker, file: CountedFile, asked: { start: number; end: number }) {
  // A copy that is given away: what it is a piece of would be sent along as a whole.
  const data = new Uint8Array(await file.read(asked.start, asked.end));
  worker.postMessage({ ...asked, data }, [data.buffer]);
}

function tooComplex(cause?: unknown): ServiceError {
  const message = 'Reading the tracks of the file takes too much time or memory.';
  return new ServiceError('file_too_complex', message, { cause });
}
