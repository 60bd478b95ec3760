import { s3Error } from './s3-error.ts';

/** Reads lines and counted bytes from a stream; throws IncompleteBody where it ends too early. */
export interface ByteReader {
  /** The text up to the next CRLF, without it; a line longer than `maxBytes` is malformed. */
  readLine(maxBytes: number): Promise<string>;
  readBytes(count: number): AsyncGenerator<Buffer>;
}

export function createByteReader(source: AsyncIterable<Buffer>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);

  const pull = async (): Promise<Buffer> => {
    const next = await iterator.next();
    if (next.done) throw s3Error('IncompleteBody');
    return next.value;
  };

  const readLine = async (maxBytes: number): Promise<string> => {
    for (;;) {
      const end = rest.indexOf('\r\n');
      if (end > maxBytes || (end < 0 && rest.length > maxBytes + 1)) {
        throw s3Error('IncompleteBody', {}, 'The chunked body is malformed.');
      }
      if (end >= 0) {
        const line = rest.toString('latin1', 0, end);
        rest = rest.subarray(end + 2);
        return line;
      }
      rest = Buffer.concat([rest, await pull()]);
    }
  };

  const readBytes = async function* (count: number): AsyncGenerator<Buffer> {
    for (let missing = count; missing > 0; ) {
      if (rest.length === 0) rest = await pull();
      const bytes = rest.subarray(0, missing);
      rest = rest.subarray(bytes.length);
      missing -= bytes.length;
      if (bytes.length > 0) yield bytes;
    }
  };

  return { readLine, readBytes };
}
