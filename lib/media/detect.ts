import { detectContainer } from './container/formats/formats.ts';
import { isOggVideo } from './container/formats/ogg.ts';
import { detectPicture } from './image/formats/formats.ts';
import type { MediaType } from './media-types.ts';

/** Bytes of a file's start that tell what it is. */
export const SIGNATURE_BYTES = 4_096;

/** The magic bytes of a PDF, and of types that are refused by their name. `start`: as Latin-1. */
const OTHERS: readonly (readonly [MediaType, (start: string) => boolean])[] = [
  ['application/pdf', (start) => start.startsWith('%PDF-')],
  ['image/jxl', (start) => start.startsWith('\xff\x0a') || start.startsWith('JXL \r\n', 4)],
  ['image/vnd.adobe.photoshop', (start) => start.startsWith('8BPS')],
  ['video/x-msvideo', (start) => start.startsWith('RIFF') && start.startsWith('AVI ', 8)],
  ['video/ogg', isOggVideo],
];

/** The type that the bytes themselves show, whatever their name or declared type says. */
export function detectMediaType(bytes: Uint8Array): MediaType | undefined {
  const start = Buffer.from(bytes.subarray(0, SIGNATURE_BYTES)).toString('latin1');
  return (
    detectPicture(start) ??
    OTHERS.find(([, matches]) => matches(start))?.[0] ??
    detectContainer(start, bytes) ??
    (/<svg\b/.test(start) ? 'image/svg+xml' : undefined) // may begin with anything
  );
}
