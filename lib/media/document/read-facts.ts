import { MAX_DOCUMENT_PAGES, MAX_PAGE_POINTS } from './document-limits.ts';
import { type ActiveContent, listContents } from './list-contents.ts';
import { allocate, type Refusal, writeDocument } from './open-document.ts';
import type { Pdfium } from './pdfium.ts';

/** Pages from 1, both included. */
export interface PageRange {
  first: number;
  last: number;
}

export interface DocumentContents {
  pages: number;
  /** Those that are asked about. */
  range: PageRange;
  metadata: ('info' | 'xmp')[];
  activeContent: ActiveContent[];
}

/** Names of a document's own data that say who wrote it, when, and with what. */
const INFO_NAMES = [
  'Title',
  'Author',
  'Subject',
  'Keywords',
  'Creator',
  'Producer',
  'CreationDate',
];
/** Bytes of an empty text in UTF-16, with its end. */
const EMPTY_TEXT_BYTES = 2;

/** What can be known of a document without drawing it; each page that is asked about is unpacked and read once. */
export function readFacts(
  pdfium: Pdfium,
  document: number,
  wanted: PageRange | undefined,
): DocumentContents | Refusal {
  const pages = pdfium.FPDF_GetPageCount(document);
  if (pages < 1) return { kind: 'malformed', reason: 'The document has no pages.' };
  if (pages > MAX_DOCUMENT_PAGES)
    return {
      kind: 'too-complex',
      reason: `The document has more than ${MAX_DOCUMENT_PAGES} pages.`,
    };
  const { activeContent, hasXmp, tooComplex } = listContents(writeDocument(pdfium, document));
  if (tooComplex) return { kind: 'too-complex', reason: tooComplex };
  const range = { first: wanted?.first ?? 1, last: Math.min(wanted?.last ?? pages, pages) };
  const fault = checkSizes(pdfium, document, pages) ?? checkPages(pdfium, document, range);
  if (fault) return fault;
  const hasInfo = INFO_NAMES.some(
    (name) => pdfium.FPDF_GetMetaText(document, name, 0, 0) > EMPTY_TEXT_BYTES,
  );
  const metadata = [...(hasInfo ? ['info' as const] : []), ...(hasXmp ? ['xmp' as const] : [])];
  return { pages, range, metadata, activeContent };
}

/** A document says how many pages it has before they are counted: each of them has to be there. */
function checkSizes(pdfium: Pdfium, document: number, pages: number): Refusal | undefined {
  const at = allocate(pdfium, 2 * Float32Array.BYTES_PER_ELEMENT);
  for (let index = 0; index < pages; index += 1) {
    if (!pdfium.FPDF_GetPageSizeByIndexF(document, index, at)) return missing(index);
    const [width = 0, height = 0] = pdfium.pdfium.HEAPF32.subarray(at / 4, at / 4 + 2);
    if (!(Math.max(width, height) <= MAX_PAGE_POINTS))
      return { kind: 'too-complex', reason: `Page ${index + 1} is larger than any sheet.` };
  }
  return undefined;
}

/** Unpacks what draws the pages, within the thread's bounds: bombs go off here, and not at the model. */
function checkPages(pdfium: Pdfium, document: number, { first, last }: PageRange) {
  for (let index = first - 1; index < last; index += 1) {
    const page = pdfium.FPDF_LoadPage(document, index);
    if (!page) return missing(index);
    pdfium.FPDF_ClosePage(page);
  }
  return undefined;
}

function missing(index: number): Refusal {
  return { kind: 'malformed', reason: `Page ${index + 1} of the document cannot be read.` };
}
