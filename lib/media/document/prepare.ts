import { DOCUMENT_CPU_SECONDS, POSTER_CPU_SECONDS } from './document-limits.ts';
import type { DrawnPage } from './draw-page.ts';
import type { PageRange } from './read-facts.ts';
import { runPdf } from './run-pdf.ts';

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
