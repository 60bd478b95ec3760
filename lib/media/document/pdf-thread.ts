import { parentPort, workerData } from 'node:worker_threads';
import {
  DOCUMENT_MEMORY_BYTES,
  DOCUMENT_MEMORY_COPIES,
  POSTER_EDGE_PIXELS,
} from './document-limits.ts';
import {
  allocate,
  boundMemory,
  openDocument,
  type Pdfium,
  type Refusal,
  startPdfium,
  writeDocument,
} from './pdfium.ts';
import { type PageRange, readFacts } from './read-facts.ts';
import type { DrawnPage, PdfAnswer, PdfTask } from './run-pdf.ts';

// A thread that does one thing with one document. What PDFium takes of memory goes with it.

const WHITE = 0xffffffff;
/** Annotations and filled-in fields, too (FPDF_ANNOT); red first (FPDF_REVERSE_BYTE_ORDER). */
const FLAGS = 0x01 | 0x10;
const CHANNELS = 4;
const UTF16_BYTES = 2;

const { file, task }: { file: Uint8Array; task: PdfTask } = workerData;
const isRefused = boundMemory(DOCUMENT_MEMORY_BYTES + DOCUMENT_MEMORY_COPIES * file.length);
try {
  say(work(await startPdfium()));
} catch (error) {
  // A trap says nothing of its reason; RangeError: a stack that was too deep, or no room.
  const isTooMuch = isRefused() || error instanceof RangeError;
  const trap = error instanceof Error ? error.message : 'unknown';
  say({ kind: isTooMuch ? 'too-complex' : 'malformed', trap });
}

function say(answer: PdfAnswer): void {
  parentPort?.postMessage(answer);
}

function work(pdfium: Pdfium): PdfAnswer {
  const document = openDocument(pdfium, file);
  if (typeof document !== 'number') return document;
  switch (task.name) {
    case 'facts':
      return readFacts(pdfium, document, task.range);
    case 'cut':
      return cutPages(pdfium, document, task.range);
    case 'draw':
      return drawPage(pdfium, document, task.page - 1) ?? { kind: 'malformed' };
    case 'texts':
      return { texts: readTexts(pdfium, document) };
  }
}

/** The pages and nothing else of the document: no names, scripts, attachments, or data about it. */
function cutPages(
  pdfium: Pdfium,
  document: number,
  { first, last }: PageRange,
): PdfAnswer | Refusal {
  const pages = pdfium.FPDF_CreateNewDocument();
  const isDone = pdfium.FPDF_ImportPages(pages, document, `${first}-${last}`, 0);
  return isDone ? { pdf: writeDocument(pdfium, pages) } : { kind: 'malformed' };
}

/** A page as it would be printed on white, small; undefined where there is none. `index` from 0. */
function drawPage(pdfium: Pdfium, document: number, index: number): DrawnPage | undefined {
  const size = allocate(pdfium, 2 * Float32Array.BYTES_PER_ELEMENT);
  if (!pdfium.FPDF_GetPageSizeByIndexF(document, index, size)) return undefined;
  const [points = 0, others = 0] = pdfium.pdfium.HEAPF32.subarray(size / 4, size / 4 + 2);
  const scale = POSTER_EDGE_PIXELS / Math.max(points, others);
  const [width, height] = [points, others].map((edge) => Math.max(1, Math.round(edge * scale)));
  const page = pdfium.FPDF_LoadPage(document, index);
  if (!page || !width || !height) return undefined;
  const bitmap = pdfium.FPDFBitmap_Create(width, height, 0);
  pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE);
  pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, FLAGS);
  const from = pdfium.FPDFBitmap_GetBuffer(bitmap);
  const bytes = pdfium.FPDFBitmap_GetStride(bitmap) * height;
  return {
    width,
    height,
    rgbx: copyRows(pdfium.pdfium.HEAPU8.subarray(from, from + bytes), width, height),
  };
}

function copyRows(rows: Uint8Array, width: number, height: number): Uint8Array {
  const [stride, used] = [rows.length / height, width * CHANNELS];
  const copy = new Uint8Array(used * height);
  for (let y = 0; y < height; y += 1)
    copy.set(rows.subarray(y * stride, y * stride + used), y * used);
  return copy;
}

/** The text that each page holds as text, and not as a picture of it. */
function readTexts(pdfium: Pdfium, document: number): string[] {
  const pages = pdfium.FPDF_GetPageCount(document);
  return Array.from({ length: pages }, (_, index) => {
    const page = pdfium.FPDF_LoadPage(document, index);
    const text = page && pdfium.FPDFText_LoadPage(page);
    if (!text) return '';
    const characters = pdfium.FPDFText_CountChars(text);
    const at = allocate(pdfium, (characters + 1) * UTF16_BYTES);
    const written = pdfium.FPDFText_GetText(text, 0, characters, at);
    const bytes = pdfium.pdfium.HEAPU8.slice(at, at + Math.max(0, written - 1) * UTF16_BYTES);
    pdfium.pdfium.wasmExports.free(at);
    pdfium.FPDFText_ClosePage(text);
    pdfium.FPDF_ClosePage(page);
    return Buffer.from(bytes.buffer).toString('utf16le').replaceAll('\r\n', '\n');
  });
}
