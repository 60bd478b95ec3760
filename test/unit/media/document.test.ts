import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  cutDocument,
  drawDocument,
  inspectDocument,
  readDocument,
} from '../../../lib/media/document/document.ts';
import { type PdfParts, packBomb, writePdf, writeStream } from '../../support/pdf.ts';

const numbered = (pages: number) =>
  Array.from({ length: pages }, (_, index) => `Page ${index + 1}`);
const inspect = (parts: PdfParts) => inspectDocument(writePdf(parts));
const asText = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const fromText = (text: string) => Buffer.from(text, 'latin1');

test('given thirty pages, when inspected, then they are counted and all are asked about', async () => {
  const facts = await inspect({ texts: numbered(30) });
  expect(facts).toMatchObject({ pages: 30, range: { first: 1, last: 30 }, activeContent: [] });
});

test('given some of the pages, when cut, then those and nothing else of the document are left', async () => {
  const whole = writePdf({
    texts: numbered(9),
    info: '/Author(Jane Doe)',
    catalog: '/OpenAction<</S/JavaScript/JS(app.beep)>>',
  });
  const { range } = await inspectDocument(whole, { first: 7, last: 400 });
  expect(range).toEqual({ first: 7, last: 9 });
  const cut = await cutDocument(whole, range);
  expect(await readDocument(cut)).toEqual(['Page 7', 'Page 8', 'Page 9']);
  expect(asText(cut)).not.toMatch(/Jane|JavaScript/);
});

test('given a password, when inspected, then the type is not taken, in words that say why', async () => {
  const lock =
    '/Encrypt<</Filter/Standard/V 1/R 2/P -44/O<' +
    '41'.repeat(32) +
    '>/U<' +
    '42'.repeat(32) +
    '>>>';
  await expect(inspect({ trailer: `${lock}/ID[<4141><4141>]` })).rejects.toMatchObject({
    code: 'type_unsupported',
    message: expect.stringContaining('password'),
  });
});

test('given pages that are not there, when inspected, then the request is at fault', async () => {
  await expect(
    inspectDocument(writePdf({ texts: numbered(3) }), { first: 4, last: 5 }),
  ).rejects.toMatchObject({ code: 'request_invalid' });
});

test('given a page, when drawn, then it is upright, white, and has what was written on it', async () => {
  const { width, height, rgbx } = await drawDocument(writePdf({ texts: ['Hello'] }), 1);
  expect([width, height]).toEqual([724, 1024]);
  expect([...rgbx.subarray(0, 3)]).toEqual([255, 255, 255]);
  expect(rgbx.some((value, at) => at % 4 === 0 && value < 128)).toBe(true);
});

test('given scripts, launches, attachments and forms, when inspected, then they are told, hidden names too', async () => {
  const { activeContent, metadata } = await inspect({
    catalog:
      '/OpenAction<</S/J#61vaScript/JS(app.alert)>>/AcroForm<</Fields[]>>' +
      '/Names<</EmbeddedFiles<</Names[]>>>>/Metadata 6 0 R',
    page: '/AA<</O<</S/Launch/F(calc.exe)>>>>',
    info: '/Author(Jane)',
    more: [writeStream('/Type/Metadata/Subtype/XML', Buffer.from('<x:xmpmeta/>'))],
  });
  expect(activeContent).toEqual(['javascript', 'launch', 'attachments', 'forms']);
  expect(metadata).toEqual(['info', 'xmp']);
});

test('given words like those in a text, when inspected, then nothing is told', async () => {
  const { activeContent } = await inspect({
    texts: ['/JavaScript'],
    page: '/Note(see /Launch here)',
  });
  expect(activeContent).toEqual([]);
});

test.each([
  ['texts', `(${'\\('.repeat(2e6)}(`],
  ['lists of filters', ` obj ${'/Filter['.repeat(5e5)}`],
])(
  'given 4 MB of %s that never end, when inspected, then it is within its time',
  async (_, words) => {
    const stream = writeStream('/Type/Metadata/Subtype/XML', fromText(`endstream ${words}`));
    const facts = await inspect({ catalog: '/Metadata 6 0 R', more: [stream] });
    expect(facts).toMatchObject({ pages: 1, activeContent: [] });
  },
);

test('given a later state of a document, when its end is missing, then it is cut off', async () => {
  const whole = asText(writePdf());
  const later = `${whole}4 0 obj\n<</Type/Page>>\nendobj\n`;
  await expect(inspectDocument(fromText(later))).rejects.toMatchObject({ code: 'file_malformed' });
});

test('given a document written for the web, when it is shorter than it says, then it is cut off', async () => {
  const linear = asText(writePdf()).replace(
    '1 0 obj',
    '9 0 obj\n<</Linearized 1/L 9999999>>\nendobj\n1 0 obj',
  );
  await expect(inspectDocument(fromText(linear))).rejects.toMatchObject({ code: 'file_malformed' });
});

test('given each tenth of a document, when inspected, then it is malformed', async () => {
  const whole = writePdf({ texts: numbered(12) });
  for (let tenth = 0; tenth < 10; tenth += 1) {
    const cut = whole.subarray(0, (whole.length * tenth) / 10);
    await expect(inspectDocument(cut)).rejects.toMatchObject({ code: 'file_malformed' });
  }
});

test.each<[string, PdfParts | Uint8Array]>([
  ['a header and an end alone', fromText('%PDF-1.7\n%%EOF\n')],
  ['no pages', { texts: [] }],
  ['more pages promised than there are', { count: 500 }],
  [
    'a page tree that is its own branch',
    fromText(asText(writePdf()).replace('[4 0 R]', '[2 0 R]')),
  ],
])('given %s, when inspected, then it is malformed', async (_, file) => {
  const bytes = file instanceof Uint8Array ? file : writePdf(file);
  await expect(inspectDocument(bytes)).rejects.toMatchObject({ code: 'file_malformed' });
});

/** Three million lines in a few kilobytes. */
const manyLines = () => deflateSync(Buffer.from('0 0 m 9 9 l S\n'.repeat(3e6)), { level: 1 });

test.each<[string, () => PdfParts]>([
  ['more than 1,000 pages', () => ({ count: 1_001 })],
  ['pages larger than any sheet', () => ({ mediaBox: '0 0 1000000000 1000000000' })],
  ['a stream packed five times over', () => ({ content: packBomb(1e6, 5) })],
  ['a stream that unpacks to more than the memory', () => ({ content: packBomb(1.5e8, 2) })],
  [
    'more to draw than there is room for',
    () => ({ content: { dictionary: '/Filter/FlateDecode', bytes: manyLines() } }),
  ],
  [
    'a picture of ten billion pixels',
    () => ({
      more: [
        writeStream(
          '/Type/XObject/Subtype/Image/Width 100000/Height 100000/ColorSpace/DeviceGray/BitsPerComponent 8',
          Buffer.alloc(9),
        ),
      ],
      page: '/Thumb 6 0 R',
    }),
  ],
])('given %s, when inspected, then it is too complex', async (_, parts) => {
  await expect(inspect(parts())).rejects.toMatchObject({ code: 'file_too_complex' });
});
