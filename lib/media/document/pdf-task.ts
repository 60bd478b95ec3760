import type { DrawnPage } from './draw-page.ts';
import type { Refusal } from './open-document.ts';
import type { DocumentContents, PageRange } from './read-facts.ts';

/** What is to be done with a document; pages from 1. */
export type PdfTask =
  | { name: 'facts'; range: PageRange | undefined }
  | { name: 'cut'; range: PageRange }
  | { name: 'draw'; page: number }
  | { name: 'texts' };

/** What the thread says. */
export type PdfAnswer =
  | DocumentContents
  | DrawnPage
  | { pdf: Uint8Array }
  | { texts: string[] }
  | Refusal;
