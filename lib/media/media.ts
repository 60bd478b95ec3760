import type { MediumName } from '../analysis/source.ts';
import type { Settings } from '../config.ts';
import { ServiceError } from '../errors.ts';
import { detectMediaType, SIGNATURE_BYTES } from './detect.ts';
import {
  CONTAINER_TYPES,
  type ContainerType,
  type MediaType,
  PICTURE_TYPES,
  type PictureType,
} from './media-types.ts';
import type { MediaFile, MediaLimits, Medium } from './medium.ts';

interface Row<Type extends MediaType = MediaType> {
  types: readonly Type[];
  /** The medium whose limit holds before the file is read: the tracks of a container may tell another. */
  name(type: Type): MediumName;
  /** Imports the medium when a file of it comes: each brings decoders of its own. */
  load(file: MediaFile, type: Type): Promise<Medium>;
}

const pictures: Row<PictureType> = {
  types: PICTURE_TYPES,
  name: () => 'image',
  load: async (_, type) => (await import('./image/image.ts')).pictureMedium(type),
};

const documents: Row<'application/pdf'> = {
  types: ['application/pdf'],
  name: () => 'document',
  load: async () => (await import('./document/document.ts')).document,
};

const streams: Row<ContainerType> = {
  types: CONTAINER_TYPES,
  name: (type) => (type.startsWith('video/') ? 'video' : 'audio'),
  async load(file, type) {
    const { inspectContainer, streamMedium } = await import('./container/container.ts');
    return streamMedium(await inspectContainer(file, type));
  },
};

/** The media that can be analysed. A new medium is a folder beside this file, and a row here. */
const MEDIA: readonly Row[] = [pictures, documents, streams];

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
  checkSize(file, limits[row.name(type)]);
  const medium = await row.load(file, type);
  checkSize(file, limits[medium.name]);
  return medium;
}

function checkSize({ bytes }: MediaFile, { maxBytes }: { maxBytes: number }): void {
  if (bytes > maxBytes)
    throw new ServiceError('file_too_large', `The file has more than ${maxBytes} bytes.`);
}

type LimitSettings =
  | 'MAX_PICTURE_BYTES'
  | 'MAX_PICTURE_PIXELS'
  | 'MAX_VIDEO_BYTES'
  | 'MAX_AUDIO_BYTES'
  | 'MAX_DOCUMENT_BYTES';

export function describeLimits(config: Pick<Settings, LimitSettings>): MediaLimits {
  return {
    image: { maxBytes: config.MAX_PICTURE_BYTES, maxPixels: config.MAX_PICTURE_PIXELS },
    video: { maxBytes: config.MAX_VIDEO_BYTES },
    document: { maxBytes: config.MAX_DOCUMENT_BYTES },
    audio: { maxBytes: config.MAX_AUDIO_BYTES },
  };
}
