import { ServiceError } from '../../errors.ts';
import { detectMediaType, isStreamType, type KnownType, SIGNATURE_BYTES } from '../detect.ts';
import type { MediaFile } from '../medium.ts';
import { MAX_AUDIO_SECONDS, MAX_TRACKS, MAX_VIDEO_SECONDS } from './container-limits.ts';
import { type CountedFile, countReads, malformed } from './counted-file.ts';
import { checkAdts } from './formats/adts.ts';
import { readAiff } from './formats/aiff.ts';
import { checkEbml } from './formats/ebml.ts';
import { checkFlac } from './formats/flac.ts';
import { checkIsoBoxes } from './formats/iso.ts';
import { checkMpegAudio } from './formats/mp3.ts';
import { checkOgg } from './formats/ogg.ts';
import { checkWave } from './formats/wave.ts';
import { readTracks } from './read-tracks.ts';
import type { TracksAnswer } from './tracks-answer.ts';

export interface ContainerFacts extends TracksAnswer {
  /** By its tracks, too: a video without pictures is a recording. */
  mediaType: KnownType;
}

type Check = (file: CountedFile) => Promise<void>;

/** Where an end can be known, it is looked at: what reads the tracks passes over what is missing. */
const CHECKS: Partial<Record<KnownType, Check>> = {
  'video/mp4': checkIsoBoxes,
  'video/quicktime': checkIsoBoxes,
  'audio/mp4': checkIsoBoxes,
  'video/webm': checkEbml,
  'video/x-matroska': checkEbml,
  'audio/wav': checkWave,
  'audio/mpeg': checkMpegAudio,
  'audio/aac': checkAdts,
  'audio/ogg': checkOgg,
  'audio/flac': checkFlac,
};
const WITHOUT_PICTURES: Partial<Record<KnownType, KnownType>> = {
  'video/mp4': 'audio/mp4',
  'video/quicktime': 'audio/mp4',
  'video/webm': 'audio/webm',
  'video/x-matroska': 'audio/webm',
};
/** What WebM holds: a Matroska file of these alone is one by another name. */
const WEBM_CODECS = ['vp8', 'vp9', 'av1', 'opus', 'vorbis'];

const known = new WeakMap<MediaFile, Promise<ContainerFacts>>();

/**
 * What is in a video or a recording, read once for each file.
 * @throws ServiceError `file_malformed`, `file_too_complex`, `type_unsupported`
 */
export function inspectContainer(file: MediaFile): Promise<ContainerFacts> {
  const facts = known.get(file) ?? inspect(file);
  known.set(file, facts);
  return facts;
}

async function inspect(file: MediaFile): Promise<ContainerFacts> {
  const counted = countReads(file);
  const type = detectMediaType(await file.read(0, SIGNATURE_BYTES));
  if (!isStreamType(type)) throw new ServiceError('type_unsupported');
  await CHECKS[type]?.(counted);
  const answer = await (type === 'audio/aiff' ? readAiff(counted) : readTracks(counted, type));
  const mediaType = chooseType(type, answer);
  checkBounds(mediaType, answer);
  return { ...answer, mediaType };
}

function chooseType(type: KnownType, { tracks }: TracksAnswer): KnownType {
  const isVideo = tracks.some(({ kind }) => kind === 'video');
  const alien = tracks.find(({ codec }) => !WEBM_CODECS.includes(codec));
  if (type === 'video/x-matroska' && alien) {
    const message = `Matroska is taken with what WebM may hold, not with ${alien.codec}.`;
    throw new ServiceError('type_unsupported', message);
  }
  if (type === 'audio/mp4' && isVideo) return 'video/mp4';
  return isVideo ? type : (WITHOUT_PICTURES[type] ?? type);
}

function checkBounds(type: KnownType, { tracks, durationSeconds }: TracksAnswer): void {
  if (tracks.every(({ codec }) => codec === 'unknown')) {
    const message = 'Nothing in the file can be read: its codecs are unknown, or it is encrypted.';
    throw new ServiceError('type_unsupported', message);
  }
  if (tracks.length > MAX_TRACKS)
    throw new ServiceError('file_too_complex', `It has more than ${MAX_TRACKS} tracks.`);
  if (!(durationSeconds > 0)) throw malformed('There is nothing in the file that takes time.');
  const most = type.startsWith('video/') ? MAX_VIDEO_SECONDS : MAX_AUDIO_SECONDS;
  if (durationSeconds > most)
    throw new ServiceError('file_too_complex', `It is longer than ${most} seconds.`);
}
