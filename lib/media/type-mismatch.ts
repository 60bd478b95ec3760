import { PICTURE_TYPES, type PictureType } from './detect.ts';

/** What a name may end in, per format; every other ending says nothing about it. */
const ENDINGS: Record<PictureType, readonly string[]> = {
  'image/jpeg': ['jpg', 'jpeg', 'jpe', 'jfif', 'mpo'],
  'image/png': ['png', 'apng'],
  'image/webp': ['webp'],
  'image/gif': ['gif'],
  'image/tiff': ['tif', 'tiff'],
  'image/avif': ['avif', 'avifs'],
  'image/heic': ['heic', 'heif', 'heics', 'heifs', 'hif'],
  'image/bmp': ['bmp', 'dib'],
};
/** Types that clients send for one of ours, or for anything. */
const ALIASES: Partial<Record<string, PictureType>> = {
  'image/jpg': 'image/jpeg',
  'image/apng': 'image/png',
  'image/heif': 'image/heic',
  'image/x-ms-bmp': 'image/bmp',
};
const NEUTRAL = /^(application|binary)\/octet-stream$/;

export type TypeClaim = 'declaredType' | 'filename';

/** Which of the two says another type than the bytes do. That is no reason to refuse: phones call HEIC `.jpg`. */
export function findTypeMismatch(
  mediaType: PictureType,
  { declaredType, filename }: { declaredType?: string | undefined; filename: string },
): TypeClaim[] {
  const declared = declaredType?.toLowerCase();
  const ending = filename.slice(filename.lastIndexOf('.') + 1).toLowerCase();
  const named = PICTURE_TYPES.find((type) => ENDINGS[type].includes(ending));
  const claims: TypeClaim[] = [];
  if (declared && !NEUTRAL.test(declared) && (ALIASES[declared] ?? declared) !== mediaType) {
    claims.push('declaredType');
  }
  if (named && named !== mediaType) claims.push('filename');
  return claims;
}
