import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as package_ from '@embedpdf/pdfium';

/** The part of PDFium's C interface that is used (public/fpdfview.h and its neighbours); handles and addresses are numbers. */
export interface Pdfium {
  pdfium: {
    HEAPU8: Uint8Array;
    HEAPF32: Float32Array;
    wasmExports: { malloc(bytes: number): number; free(address: number): void };
  };
  PDFiumExt_Init(): void;
  FPDF_LoadMemDocument(address: number, bytes: number, password: string): number;
  FPDF_GetLastError(): number;
  FPDF_GetPageCount(document: number): number;
  /** Two floats at `size`: width and height in points, upright. */
  FPDF_GetPageSizeByIndexF(document: number, index: number, size: number): boolean;
  FPDF_LoadPage(document: number, index: number): number;
  FPDF_ClosePage(page: number): void;
  /** Bytes of UTF-16 with their end: 2 for an empty text. */
  FPDF_GetMetaText(document: number, name: string, buffer: number, bytes: number): number;
  FPDF_CreateNewDocument(): number;
  FPDF_ImportPages(to: number, from: number, range: string, at: number): boolean;
  FPDF_CloseDocument(document: number): void;
  PDFiumExt_OpenFileWriter(): number;
  PDFiumExt_SaveAsCopy(document: number, writer: number): number;
  PDFiumExt_GetFileWriterSize(writer: number): number;
  PDFiumExt_GetFileWriterData(writer: number, buffer: number, bytes: number): number;
  PDFiumExt_CloseFileWriter(writer: number): void;
  FPDFBitmap_Create(width: number, height: number, alpha: number): number;
  FPDFBitmap_FillRect(
    bitmap: number,
    left: number,
    top: number,
    width: number,
    height: number,
    colour: number,
  ): void;
  FPDFBitmap_GetBuffer(bitmap: number): number;
  FPDFBitmap_GetStride(bitmap: number): number;
  FPDF_RenderPageBitmap(
    bitmap: number,
    page: number,
    left: number,
    top: number,
    width: number,
    height: number,
    turns: number,
    flags: number,
  ): void;
  FPDFText_LoadPage(page: number): number;
  FPDFText_CountChars(text: number): number;
  FPDFText_GetText(text: number, start: number, count: number, buffer: number): number;
  FPDFText_ClosePage(text: number): void;
}

declare const WebAssembly: { Memory: { prototype: { grow(pages: number): number } } };
const WASM_PAGE_BYTES = 65_536;

/** PDFium, compiled to WebAssembly, with memory of its own; it has neither a script engine nor a file system. */
export async function startPdfium(): Promise<Pdfium> {
  const start: unknown = package_.init;
  if (typeof start !== 'function') throw new Error('@embedpdf/pdfium has changed its shape');
  const file = fileURLToPath(import.meta.resolve('@embedpdf/pdfium/pdfium.wasm'));
  const quiet = () => undefined; // it prints what it thinks of a file
  const pdfium: Pdfium = await start({
    wasmBinary: readFileSync(file),
    print: quiet,
    printErr: quiet,
  });
  pdfium.PDFiumExt_Init();
  return pdfium;
}

/**
 * Bounds the memory of all WebAssembly in this thread, whose pages only JavaScript can add, in bytes.
 * Says whether more was asked for: what runs in it ends with a trap then.
 */
export function boundMemory(maxBytes: number): () => boolean {
  let isRefused = false;
  const grow = WebAssembly.Memory.prototype.grow;
  WebAssembly.Memory.prototype.grow = function (this: { buffer: ArrayBuffer }, pages) {
    if (this.buffer.byteLength + pages * WASM_PAGE_BYTES > maxBytes) {
      isRefused = true;
      throw new RangeError('out of memory');
    }
    return grow.call(this, pages);
  };
  return () => isRefused;
}

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
