import { MAX_EMBEDDED_PIXELS, MAX_FILTERS } from './document-limits.ts';

const ACTIVE = {
  javascript: ['JavaScript', 'JS'],
  launch: ['Launch'],
  attachments: ['EmbeddedFile', 'EmbeddedFiles', 'FileAttachment'],
  forms: ['AcroForm', 'XFA'],
  submit: ['SubmitForm', 'ImportData'],
  media: ['RichMedia', 'Movie', 'Sound', '3D'],
} as const;
const ACTIVE_KINDS = ['javascript', 'launch', 'attachments', 'forms', 'submit', 'media'] as const;
/** What a document holds that does something, or that is no page. */
export type ActiveContent = (typeof ACTIVE_KINDS)[number];

export interface Contents {
  activeContent: ActiveContent[];
  hasXmp: boolean;
  /** More than any reader should unpack: which it is. */
  tooComplex: string | undefined;
}

const LATIN1 = 'latin1';
const STREAM = 'stream\r\n';
const STREAM_END = 'endstream';

/**
 * What the objects of a document are, by their names alone: nothing is run and no stream unpacked.
 * `written` is what PDFium writes of a document: each object in the open, whatever it was packed in, and
 * names without the escapes that hide them.
 */
export function listContents(written: Uint8Array): Contents {
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

/** The text between the streams, without the strings in it, which may say anything. */
function* readObjects(written: Uint8Array): Generator<string> {
  const file = Buffer.from(written.buffer, written.byteOffset, written.length);
  for (let from = 0; from < file.length; ) {
    const stream = file.indexOf(STREAM, from);
    const to = stream < 0 ? file.length : stream;
    yield file.toString(LATIN1, from, to).replaceAll(/\((?:\\.|[^\\()])*\)/gs, '()');
    const end = stream < 0 ? -1 : file.indexOf(STREAM_END, to);
    from = end < 0 ? file.length : end + STREAM_END.length;
  }
}

/** What the stream that this text ends with would be, once unpacked; only the last object has one. */
function findBomb(text: string): string | undefined {
  const own = text.slice(text.lastIndexOf(' obj'));
  const filters = /\/Filter\s*\[([^\]]*)\]/.exec(own)?.[1]?.match(/\//g)?.length ?? 0;
  if (filters > MAX_FILTERS) return `A stream is packed ${filters} times over.`;
  if (!/\/Subtype\s*\/Image\b/.test(own)) return undefined;
  const [width, height] = [readNumber(own, 'Width'), readNumber(own, 'Height')];
  if (width * height <= MAX_EMBEDDED_PIXELS) return undefined;
  return `It holds a picture of more than ${MAX_EMBEDDED_PIXELS} pixels.`;
}

function readNumber(text: string, name: string): number {
  return Number(new RegExp(`/${name}\\s+(\\d+)`).exec(text)?.[1] ?? 0);
}
