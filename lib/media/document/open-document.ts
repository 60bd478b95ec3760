import type { Pdfium } from './pdfium.ts';

/** PDFium's word for a password that is wrong or missing (FPDF_ERR_PASSWORD), and for a lock it does not know. */
const PASSWORD_ERROR = 4;
const SECURITY_ERROR = 5;

/** Why a document is not taken. */
export interface Refusal {
  kind: 'locked' | 'malformed' | 'too-complex';
  /** For the client. */
  reason?: string;
  /** PDFium's own last words, for the log. */
  trap?: string;
}

/** The document's handle. The file stays in PDFium's memory: it reads from it for as long as it is open. */
export function openDocument(pdfium: Pdfium, file: Uint8Array): number | Refusal {
  const at = allocate(pdfium, file.length);
  pdfium.pdfium.HEAPU8.set(file, at);
  const document = pdfium.FPDF_LoadMemDocument(at, file.length, '');
  if (document) return document;
  const error = pdfium.FPDF_GetLastError();
  return { kind: error === PASSWORD_ERROR || error === SECURITY_ERROR ? 'locked' : 'malformed' };
}

/** Address of so many bytes of PDFium's memory. @throws RangeError where it has no room */
export function allocate({ pdfium }: Pdfium, bytes: number): number {
  const address = pdfium.wasmExports.malloc(bytes);
  if (!address) throw new RangeError('no room in PDFium');
  return address;
}

/** The document as PDFium writes it: all objects in the open, and a new table of them. */
export function writeDocument(pdfium: Pdfium, document: number): Uint8Array {
  const writer = pdfium.PDFiumExt_OpenFileWriter();
  if (!pdfium.PDFiumExt_SaveAsCopy(document, writer)) throw new Error('PDFium could not write');
  const bytes = pdfium.PDFiumExt_GetFileWriterSize(writer);
  const at = allocate(pdfium, bytes);
  pdfium.PDFiumExt_GetFileWriterData(writer, at, bytes);
  pdfium.PDFiumExt_CloseFileWriter(writer);
  const written = pdfium.pdfium.HEAPU8.slice(at, at + bytes);
  pdfium.pdfium.wasmExports.free(at);
  return written;
}
