import { ServiceError } from '../../errors.ts';
import { DOCUMENT_CPU_SECONDS } from './document-limits.ts';
import { hasEnd } from './end-mark.ts';
import type { ActiveContent } from './list-contents.ts';
import type { PageRange } from './read-facts.ts';
import { runPdf } from './run-pdf.ts';

export type DocumentMetadata = 'info' | 'xmp' | 'exif';

export interface DocumentFacts {
  mediaType: 'application/pdf';
  pages: number;
  /** The pages that are asked about, from 1, both included. */
  range: PageRange;
  /** Of the document itself: none of it leaves with its pages. */
  metadata: DocumentMetadata[];
  /** In pictures on the pages: leaves with them. */
  metadataKept: DocumentMetadata[];
  /** What would do something where it is opened, and what is no page; none of it was run. */
  activeContent: ActiveContent[];
}

/** How a JPEG within the document begins its camera's data. */
const EXIF_MARK = 'Exif\0\0';

/**
 * What can be known of a PDF without drawing it. `wanted`: the pages that are asked about, else all.
 * @throws ServiceError `file_malformed`, `file_too_complex`, `type_unsupported` (it wants a password),
 * `request_invalid` (it has no such pages)
 */
export async function inspectDocument(
  bytes: Uint8Array,
  wanted?: PageRange,
): Promise<DocumentFacts> {
  if (!hasEnd(bytes))
    throw new ServiceError('file_malformed', 'The file is cut off: its end is missing.');
  const read = await runPdf(bytes, { name: 'facts', range: wanted }, DOCUMENT_CPU_SECONDS);
  if (!('pages' in read)) throw new Error('The thread gave another answer.');
  const { pages, range, metadata, activeContent } = read;
  if (range.first > range.last)
    throw new ServiceError(
      'request_invalid',
      `The document has ${pages} ${pages === 1 ? 'page' : 'pages'}, and none of those that were asked for.`,
    );
  const metadataKept = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(EXIF_MARK)
    ? (['exif'] as const)
    : [];
  return {
    mediaType: 'application/pdf',
    pages,
    range,
    metadata,
    metadataKept: [...metadataKept],
    activeContent,
  };
}
