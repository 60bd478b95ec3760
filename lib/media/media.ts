import { ServiceError } from '../errors.ts';
import type { MediumName } from '../source.ts';
import {
  AUDIO_TYPES,
  DOCUMENT_TYPES,
  detectMediaType,
  type MediaType,
  SIGNATURE_BYTES,
  VIDEO_TYPES,
} from './detect.ts';
import { PICTURE_TYPES, type PictureType } from './image/formats/picture-format.ts';
import type { MediaLimits } from './limits.ts';
import type { MediaFile, Medium } from './medium.ts';

interface Row<Type extends MediaType = MediaType> {
  name: MediumName;
  types: readonly Type[];
  /** Imports the medium when a file of it comes: each brings decoders of its own. */
  load(file: MediaFile, type: Type): Promise<Medium>;
}

const pictures: Row<PictureType> = {
  name: 'image',
  types: PICTURE_TYPES,
  load: async (_, type) => (await import('./image/image.ts')).pictureMedium(type),
};

/** What can be analysed. A new medium is a folder beside this file, and a row here. */
const MEDIA: readonly Row[] = [
  pictures,
  {
    name: 'document',
    types: DOCUMENT_TYPES,
    load: async () => (await import('./document/document.ts')).document,
  },
  { name: 'video', types: VIDEO_TYPES, load: loadByTracks },
  { name: 'audio', types: AUDIO_TYPES, load: loadByTracks },
];

/**
 * The medium of a file, by its first bytes, and whether it is one that may be so large.
 * @throws ServiceError `type_unsupported`, `file_too_large`, `file_malformed`
 */
export async function findMedium(file: MediaFile, limits: MediaLimits): Promise<Medium> {
  if (file.bytes === 0) throw new ServiceError('file_malformed', 'The file is empty.');
  const type = detectMediaType(await file.read(0, SIGNATURE_BYTES));
  const row = type && MEDIA.find(({ types }) => types.includes(type));
  if (!type || !row) {
    const found = type ? `The file is ${type}, which is not supported.` : undefined;
    throw new ServiceError('type_unsupported', found);
  }
  checkSize(file, limits[row.name]);
  const medium = await row.load(file, type);
  checkSize(file, limits[medium.name]);
  return medium;
}

function checkSize({ bytes }: MediaFile, { maxBytes }: { maxBytes: number }): void {
  if (bytes > maxBytes)
    throw new ServiceError('file_too_large', `The file has more than ${maxBytes} bytes.`);
}

/** The same containers hold videos and recordings: which, only their tracks tell. */
async function loadByTracks(file: MediaFile): Promise<Medium> {
  const { inspectContainer } = await import('./container/inspect-container.ts');
  const { mediaType } = await inspectContainer(file);
  return mediaType.startsWith('video/')
    ? (await import('./video/medium.ts')).video
    : (await import('./audio/medium.ts')).audio;
}
