/** The picture formats that are analysed; each is a module in image/formats/. */
export const PICTURE_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/tiff',
  'image/avif',
  'image/heic',
  'image/bmp',
] as const;
export type PictureType = (typeof PICTURE_TYPES)[number];

/** The containers of videos and recordings; each has a row in container/formats/formats.ts. */
export const CONTAINER_TYPES = [
  'video/mp4',
  'video/quicktime',
  'video/webm',
  'video/x-matroska',
  'audio/wav',
  'audio/mpeg',
  'audio/aac',
  'audio/ogg',
  'audio/flac',
  'audio/aiff',
  'audio/mp4',
] as const;
export type ContainerType = (typeof CONTAINER_TYPES)[number];
/** The type of a video or a recording: a WebM without pictures is known by its tracks alone. */
export type StreamType = ContainerType | 'audio/webm';

/** The types that are analysed. */
export type KnownType = PictureType | StreamType | 'application/pdf';

/** Known only so that the refusal can name them. */
type RefusedType =
  | 'image/jxl'
  | 'image/svg+xml'
  | 'image/vnd.adobe.photoshop'
  | 'video/ogg'
  | 'video/x-msvideo';
export type MediaType = KnownType | RefusedType;

export function isPictureType(type: MediaType | undefined): type is PictureType {
  return PICTURE_TYPES.some((known) => known === type);
}

export function isContainerType(type: MediaType | undefined): type is ContainerType {
  return CONTAINER_TYPES.some((known) => known === type);
}
