import { allocate } from './open-document.ts';
import type { Pdfium } from './pdfium.ts';

const UTF16_BYTES = 2;

/** The text that each page holds as text, and not as a picture of it. */
export function readTexts(pdfium: Pdfium, document: number): string[] {
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
