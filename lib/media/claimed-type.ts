import type { MediumName } from '../analysis/source.ts';
import type { KnownType } from './media-types.ts';

const FAMILIES: Partial<Record<string, MediumName>> = {
  image: 'image',
  video: 'video',
  audio: 'audio',
};

/** The medium that a declared type speaks of; pictures, where it speaks of none. The bytes are what counts. */
export function mediumOf(contentType: string): MediumName {
  const [type = ''] = contentType.toLowerCase().split(';');
  if (type === 'application/pdf') return 'document';
  return FAMILIES[type.split('/')[0] ?? ''] ?? 'image';
}

/** The endings of file names by type; every other ending says nothing about the file. */
const ENDINGS: Record<KnownType, readonly string[]> = {
  'image/jpeg': ['jpg', 'jpeg', 'jpe', 'jfif', 'mpo'],
  'image/png': ['png', 'apng'],
  'image/webp': ['webp'],
  'image/gif': ['gif'],
  'image/tiff': ['tif', 'tiff'],
  'image/avif': ['avif', 'avifs'],
  'image/heic': ['heic', 'heif', 'heics', 'heifs', 'hif'],
  'image/bmp': ['bmp', 'dib'],
  'video/mp4': ['mp4', 'm4v'],
  'video/quicktime': ['mov', 'qt'],
  'video/webm': ['webm'],
  'video/x-matroska': ['mkv'],
  'audio/wav': ['wav', 'wave'],
  'audio/mpeg': ['mp3'],
  'audio/aac': ['aac', 'adts'],
  'audio/ogg': ['ogg', 'oga', 'opus', 'spx'],
  'audio/flac': ['flac'],
  'audio/aiff': ['aiff', 'aif', 'aifc'],
  'audio/mp4': ['m4a', 'm4b', 'mp4'],
  'audio/webm': ['weba', 'webm'],
  'application/pdf': ['pdf'],
};
/** Types that clients send for one of ours, or for anything. */
const ALIASES: Partial<Record<string, KnownType>> = {
  'image/jpg': 'image/jpeg',
  'image/apng': 'image/png',
  'image/heif': 'image/heic',
  'image/x-ms-bmp': 'image/bmp',
  'video/x-m4v': 'video/mp4',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/mp3': 'audio/mpeg',
  'audio/x-aac': 'audio/aac',
  'audio/aacp': 'audio/aac',
  'application/ogg': 'audio/ogg',
  'audio/opus': 'audio/ogg',
  'audio/x-flac': 'audio/flac',
  'audio/x-aiff': 'audio/aiff',
  'audio/m4a': 'audio/mp4',
  'audio/x-m4a': 'audio/mp4',
};
const NEUTRAL = /^(application|binary)\/octet-stream$/;

type TypeClaim = 'declaredType' | 'filename';

/** Which of the two says another type than the bytes do. That is no reason to refuse: phones call HEIC `.jpg`. */
export function findTypeMismatch(
  mediaType: KnownType,
  { declaredType, filename }: { declaredType?: string | undefined; filename: string },
): TypeClaim[] {
  const declared = declaredType?.toLowerCase();
  const ending = filename.slice(filename.lastIndexOf('.') + 1).toLowerCase();
  const isNamed = Object.values(ENDINGS).some((endings) => endings.includes(ending));
  const claims: TypeClaim[] = [];
  if (declared && !NEUTRAL.test(declared) && (ALIASES[declared] ?? declared) !== mediaType) {
    claims.push('declaredType');
  }
  if (isNamed && !ENDINGS[mediaType].includes(ending)) claims.push('filename');
  return claims;
}
