import { deflateSync } from 'node:zlib';

/** What one test document is to hold beside its pages; parts of dictionaries are written as they are. */
export interface PdfParts {
  /** One page for each. */
  texts?: readonly string[];
  /** In place of the text's own, for all pages. */
  content?: { dictionary: string; bytes: Uint8Array };
  mediaBox?: string;
  /** What the page tree says, true or not. */
  count?: number;
  catalog?: string;
  page?: string;
  info?: string;
  trailer?: string;
  /** Further objects, whole: dictionaries and streams; the first has the number that `more` says. */
  more?: readonly (string | Uint8Array)[];
}

/** A PDF with a page for each text, in Helvetica. */
export function writePdf(parts: PdfParts = {}): Uint8Array {
  const { texts = ['Page'], mediaBox = '0 0 595 842', catalog = '', more = [] } = parts;
  const pageNumbers = texts.map((_, index) => 4 + 2 * index);
  const kids = pageNumbers.map((number) => `${number} 0 R`).join(' ');
  const objects: (string | Uint8Array)[] = [
    `<</Type/Catalog/Pages 2 0 R ${catalog}>>`,
    `<</Type/Pages/Kids[${kids}]/Count ${parts.count ?? texts.length}>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
  ];
  for (const [index, text] of texts.entries()) {
    const [number = 0] = [pageNumbers[index]];
    objects.push(
      `<</Type/Page/Parent 2 0 R/MediaBox[${mediaBox}]/Contents ${number + 1} 0 R` +
        `/Resources<</Font<</F1 3 0 R>>>>${parts.page ?? ''}>>`,
      parts.content
        ? writeStream(parts.content.dictionary, parts.content.bytes)
        : writeStream('', Buffer.from(drawText(text))),
    );
  }
  return joinObjects([...objects, ...more], parts);
}

function drawText(text: string): string {
  const lines = text.split('\n').map((line) => `(${line.replaceAll(/[\\()]/g, '\\$&')}) Tj T*`);
  return `BT /F1 12 Tf 14 TL 72 770 Td ${lines.join(' ')} ET`;
}

export function writeStream(dictionary: string, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([
    Buffer.from(`<<${dictionary}/Length ${bytes.length}>>\nstream\n`),
    bytes,
    Buffer.from('\nendstream'),
  ]);
}

/** Spaces, packed so many times over. */
export function packBomb(bytes: number, times: number): { dictionary: string; bytes: Uint8Array } {
  let packed: Uint8Array = Buffer.alloc(bytes, ' ');
  for (let time = 0; time < times; time += 1) packed = deflateSync(packed, { level: 1 });
  const filters = '/FlateDecode'.repeat(times);
  return { dictionary: `/Filter[${filters}]`, bytes: packed };
}

function joinObjects(
  objects: readonly (string | Uint8Array)[],
  { info, trailer: more = '' }: PdfParts,
): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  let at = parts[0]?.length ?? 0;
  const offsets: number[] = [];
  const all = info ? [...objects, `<<${info}>>`] : objects;
  for (const [index, object] of all.entries()) {
    offsets.push(at);
    const written = Buffer.concat([
      Buffer.from(`${index + 1} 0 obj\n`),
      Buffer.from(object),
      Buffer.from('\nendobj\n'),
    ]);
    parts.push(written);
    at += written.length;
  }
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const trailer = `/Root 1 0 R/Size ${all.length + 1}${info ? `/Info ${all.length} 0 R` : ''}${more}`;
  parts.push(
    Buffer.from(
      `xref\n0 ${all.length + 1}\n0000000000 65535 f \n${rows}trailer\n<<${trailer}>>\nstartxref\n${at}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}
