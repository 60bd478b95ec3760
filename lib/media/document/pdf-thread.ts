import { parentPort, workerData } from 'node:worker_threads';
import { DOCUMENT_MEMORY_BYTES, DOCUMENT_MEMORY_COPIES } from './document-limits.ts';
import { drawPage } from './draw-page.ts';
import { openDocument, type Refusal, writeDocument } from './open-document.ts';
import type { PdfAnswer, PdfTask } from './pdf-task.ts';
import { boundMemory, type Pdfium, startPdfium } from './pdfium.ts';
import { type PageRange, readFacts } from './read-facts.ts';
import { readTexts } from './read-texts.ts';

// A thread that does one thing with one document. What PDFium takes of memory goes with it.

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
