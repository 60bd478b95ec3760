import { ServiceError } from '../../errors.ts';
import { loadSharp } from '../image/sharp.ts';
import type { MediaFacts, Medium, Poster } from '../medium.ts';
import {
  DOCUMENT_CPU_SECONDS,
  MAX_BYTES_BEHIND_END,
  POSTER_CPU_SECONDS,
  POSTER_QUALITY,
} from './document-limits.ts';
import type { ActiveContent, PageRange } from './read-facts.ts';
import type { DrawnPage } from './run-pdf.ts';
import { runPdf } from './run-pdf.ts';

/** PDFs are held whole, and leave as a fresh one of the pages that are asked about. */
export const document: Medium<DocumentFacts & MediaFacts> = {
  name: 'document',
  async inspect(file, limits, { pages: wanted }) {
    const bytes = await file.readAll(limits.document.maxBytes);
    const facts = await inspectDocument(bytes, wanted);
    const { pages, range, activeContent, metadataKept } = facts;
    return {
      ...facts,
      source: { pages, ...(wanted && { pageRange: range }) },
      safety: {
        ...(activeContent.length > 0 && { activeContent }),
        ...(metadataKept.length > 0 && { metadataKept }),
      },
    };
  },
  async prepare(file, { range }) {
    const whole = await file.readAll(file.bytes);
    const bytes = await cutDocument(whole, range);
    const poster = await makePoster(whole, range.first);
    return { mediaType: 'application/pdf', bytes, ...(poster && { poster }) };
  },
};

type DocumentMetadata = 'info' | 'xmp' | 'exif';

interface DocumentFacts {
  mediaType: 'application/pdf';
  pages: number;
  /** The pages that are asked about, from 1, both included. */
  range: PageRange;
  /** The document's own metadata: none of it leaves with its pages. */
  metadata: DocumentMetadata[];
  /** Metadata in pictures on the pages: it leaves with them. */
  metadataKept: DocumentMetadata[];
  /** Contents that would do something where the document is opened, and ones that are no page; none were run. */
  activeContent: ActiveContent[];
}

/** The start of a camera's data in a JPEG within the document. */
const EXIF_MARK = 'Exif\0\0';

/**
 * The facts of a PDF that can be known without drawing it. `wanted`: the pages that are asked about, else all.
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

const END_MARK = '%%EOF';
/** Bytes of the first object, in which a file that is written for the web declares its length. */
const START_BYTES = 1_024;

/**
 * Whether the file ends where it declares. PDFium itself repairs a file that is cut off: half a document would be
 * analysed as if it were whole.
 */
function hasEnd(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = file.lastIndexOf(END_MARK);
  if (end < 0) return false;
  const behind = file.subarray(end + END_MARK.length);
  // An object behind the end mark belongs to a later state of the document, whose own end is missing.
  const isCut = /\d\s+\d+\s+obj\b/.test(behind.toString('latin1', 0, MAX_BYTES_BEHIND_END));
  const start = file.toString('latin1', 0, START_BYTES);
  const [dictionary = ''] = /\/Linearized\b[^>]*/.exec(start) ?? [];
  const promised = Number(/\/L\s+(\d+)/.exec(dictionary)?.[1] ?? 0);
  return behind.length <= MAX_BYTES_BEHIND_END && !isCut && promised <= bytes.length;
}

/** A PDF made anew of the pages that are asked about: nothing else of the document leaves with them. */
export async function cutDocument(bytes: Uint8Array, range: PageRange): Promise<Uint8Array> {
  const cut = await runPdf(bytes, { name: 'cut', range }, DOCUMENT_CPU_SECONDS);
  if (!('pdf' in cut)) throw new Error('The thread gave another answer.');
  return cut.pdf;
}

/** The page, from 1, as a small picture. @throws ServiceError where it takes too long or too much memory */
export async function drawDocument(bytes: Uint8Array, page: number): Promise<DrawnPage> {
  const drawn = await runPdf(bytes, { name: 'draw', page }, POSTER_CPU_SECONDS);
  if (!('rgbx' in drawn)) throw new Error('The thread gave another answer.');
  return drawn;
}

/** The text that each page holds as text. */
export async function readDocument(bytes: Uint8Array): Promise<string[]> {
  const read = await runPdf(bytes, { name: 'texts' }, DOCUMENT_CPU_SECONDS);
  if (!('texts' in read)) throw new Error('The thread gave another answer.');
  return read.texts;
}

/** A page, from 1, as a picture; undefined where it takes too long to draw: the analysis does without. */
async function makePoster(pdf: Uint8Array, page: number): Promise<Poster | undefined> {
  const drawn = await drawDocument(pdf, page).catch((error: unknown) => {
    if (error instanceof ServiceError) return undefined;
    throw error;
  });
  if (!drawn) return undefined;
  const { width, height, rgbx } = drawn;
  const sharp = await loadSharp();
  const opaque = sharp(rgbx, { raw: { width, height, channels: 4 } }).removeAlpha();
  const bytes = await opaque.jpeg({ quality: POSTER_QUALITY }).toBuffer();
  return { mediaType: 'image/jpeg', bytes };
}
