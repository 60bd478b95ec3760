import { POSTER_EDGE_PIXELS } from './document-limits.ts';
import { allocate } from './open-document.ts';
import type { Pdfium } from './pdfium.ts';

/** Pixels in rows: red, green, blue and one byte of nothing. */
export interface DrawnPage {
  width: number;
  height: number;
  rgbx: Uint8Array;
}

const WHITE = 0xffffffff;
/** Annotations and filled-in fields, too (FPDF_ANNOT); red first (FPDF_REVERSE_BYTE_ORDER). */
const FLAGS = 0x01 | 0x10;
const CHANNELS = 4;

/** A page as it would be printed on white, small; undefined where there is none. `index` from 0. */
export function drawPage(pdfium: Pdfium, document: number, index: number): DrawnPage | undefined {
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
