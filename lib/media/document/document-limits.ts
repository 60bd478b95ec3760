/** Pages of a document: what Gemini reads of one. */
export const MAX_DOCUMENT_PAGES = 1_000;

/** Edge of a page in points, a 72nd of an inch: seven times what Acrobat opens. */
export const MAX_PAGE_POINTS = 100_000;

/** Pixels of one picture in a document: an A0 sheet scanned at 600 dpi has 560 million. */
export const MAX_EMBEDDED_PIXELS = 600_000_000;

/** Filters that one stream is packed with: real writers use two, and each more one multiplies a bomb. */
export const MAX_FILTERS = 4;

/** Bytes behind the last end mark: mail gateways and web servers add a few lines. */
export const MAX_BYTES_BEHIND_END = 1_024;

/** Time of the processor for one step of one document, in seconds; 1,000 pages of text take two. */
export const DOCUMENT_CPU_SECONDS = 10;
/** The same for the picture of a page, which an analysis can do without. */
export const POSTER_CPU_SECONDS = 4;

/** Memory that PDFium may take, in bytes: a fixed part, and the file several times, for it and its copies. */
export const DOCUMENT_MEMORY_BYTES = 268_435_456;
export const DOCUMENT_MEMORY_COPIES = 8;

/** Long edge of the picture of a page, in pixels. */
export const POSTER_EDGE_PIXELS = 1_024;
/** JPEG quality (1–100) of it: to be read at a glance. */
export const POSTER_QUALITY = 70;
