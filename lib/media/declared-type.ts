import type { MediumName } from '../source.ts';

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
