import fc from 'fast-check';

/** Of the forms whose parts hold `formContent`. */
export const BOUNDARY = 'edge';

/** What a parser might take for something else. */
const ODD = [
  ...['\r\n', '\r', '\n', '-', '--', '\r\n--', '\r\n--edg', '--edge', '\r\n-edge--', '\r\n\r\n'],
  ...['\\"', '%22', 'edge', '\r\n--Edge\r\n', '\r\n--edg\r\nContent-Type: a/b\r\n\r\n'],
  '--edg\r\ncontent-disposition: form-data; name="a\\"b"; filename="c\\\\d"\r\n\r\n',
];
const piece = fc.oneof(
  fc.constantFrom(...ODD),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);

/** Any bytes that may stand in a part, each as a character. */
export const formContent = fc
  .array(piece, { maxLength: 12 })
  .map((pieces) => pieces.join(''))
  .filter((text) => `\r\n${text}\r\n--edge`.indexOf('\r\n--edge') === text.length + 2);
