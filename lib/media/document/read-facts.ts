import {
  MAX_DOCUMENT_PAGES,
  MAX_EMBEDDED_PIXELS,
  MAX_FILTERS,
  MAX_PAGE_POINTS,
} from './document-limits.ts';
import type { Pdfium } from './pdfium.ts';
import { allocate, type Refusal, writeDocument } from './pdfium.ts';

/** Pages from 1, both included. */
export interface PageRange {
  first: number;
  last: number;
}

export interface DocumentContents {
  pages: number;
  /** The pages that are asked about. */
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

/** Reads the facts of a document without drawing it; each page that is asked about is unpacked and read once. */
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
      return {
        kind: 'too-complex',
        reason: `Page ${index + 1} is longer than ${MAX_PAGE_POINTS} points.`,
      };
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

const ACTIVE = {
  javascript: ['JavaScript', 'JS'],
  launch: ['Launch'],
  attachments: ['EmbeddedFile', 'EmbeddedFiles', 'FileAttachment'],
  forms: ['AcroForm', 'XFA'],
  submit: ['SubmitForm', 'ImportData'],
  media: ['RichMedia', 'Movie', 'Sound', '3D'],
} as const;
const ACTIVE_KINDS = ['javascript', 'launch', 'attachments', 'forms', 'submit', 'media'] as const;
/** Contents of a document that do something, or are no page. */
export type ActiveContent = (typeof ACTIVE_KINDS)[number];

interface Contents {
  activeContent: ActiveContent[];
  hasXmp: boolean;
  /** More than any reader should unpack: which it is. */
  tooComplex: string | undefined;
}

const LATIN1 = 'latin1';
const STREAM = 'stream\r\n';
const STREAM_END = 'endstream';

/**
 * Lists the objects of a document by their names alone: nothing is run and no stream unpacked.
 * `written` is what PDFium writes of a document: each object in the open, whatever it was packed in, and
 * names without the escapes that hide them.
 */
function listContents(written: Uint8Array): Contents {
  const names = new Set<string>();
  let tooComplex: string | undefined;
  for (const text of readObjects(written)) {
    for (const [, name = ''] of text.matchAll(/\/([^\s/<>[\]()]+)/g)) names.add(name);
    tooComplex ??= findBomb(text);
  }
  const isThere = (kind: ActiveContent) => ACTIVE[kind].some((name) => names.has(name));
  return {
    activeContent: ACTIVE_KINDS.filter(isThere),
    hasXmp: names.has('Metadata'),
    tooComplex,
  };
}

/**
 * A text, or the beginning of one that is never closed. That is matched, too: else the search would begin
 * anew, up to the file's end, at each `\(` within it.
 */
const TEXT = /\((?:\\.|[^\\()])*(\)?)/gs;

/** The text between the streams, without the strings in it, which may say anything. */
function* readObjects(written: Uint8Array): Generator<string> {
  const file = Buffer.from(written.buffer, written.byteOffset, written.length);
  for (let from = 0; from < file.length; ) {
    const stream = file.indexOf(STREAM, from);
    const to = stream < 0 ? file.length : stream;
    yield file.toString(LATIN1, from, to).replaceAll(TEXT, (text, end) => (end ? '()' : text));
    const end = stream < 0 ? -1 : file.indexOf(STREAM_END, to);
    from = end < 0 ? file.length : end + STREAM_END.length;
  }
}

/** The reason not to unpack the stream that this text ends with; only the last object has one. */
function findBomb(text: string): string | undefined {
  const own = text.slice(text.lastIndexOf(' obj'));
  const filters = countFilters(own);
  if (filters > MAX_FILTERS) return `A stream of the document is compressed ${filters} times over.`;
  if (!/\/Subtype\s*\/Image\b/.test(own)) return undefined;
  const width = Number(/\/Width\s+(\d+)/.exec(own)?.[1] ?? 0);
  const height = Number(/\/Height\s+(\d+)/.exec(own)?.[1] ?? 0);
  if (width * height <= MAX_EMBEDDED_PIXELS) return undefined;
  return `The document holds a picture of more than ${MAX_EMBEDDED_PIXELS} pixels.`;
}

/** A list that is never closed has no filters. */
function countFilters(object: string): number {
  const list = /\/Filter\s*\[/.exec(object);
  if (!list) return 0;
  const [filters = '', behind] = object.slice(list.index + list[0].length).split(']', 2);
  return behind === undefined ? 0 : filters.split('/').length - 1;
}
