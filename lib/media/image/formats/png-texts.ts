import { constants, inflateRawSync } from 'node:zlib';

/** Bytes that a PNG's texts and profile may unpack to, together; real ones hold kilobytes. */
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;

const ZLIB_HEADER_BYTES = 2;
/** What a byte of packed data can become at most (RFC 1951: 258 bytes for two bits). */
const MAX_UNPACKING = 1_032;

/** Where the packed data of these chunks stands; undefined where it is not packed. */
const PACKED: Partial<Record<string, (data: Buffer) => Buffer | undefined>> = {
  iCCP: (data) => behindZeros(data, 1)?.subarray(1),
  zTXt: (data) => behindZeros(data, 1)?.subarray(1),
  iTXt: (data) => {
    const flags = behindZeros(data, 1);
    return flags?.[0] === 1 ? behindZeros(flags.subarray(2), 2) : undefined;
  },
};

/**
 * Counts what packed texts unpack to, and stops early: 6 MB of them may hold 6 GB, and the decoder
 * unpacks them on its way to the rows. Answers whether it is still within the limit.
 */
export function createTextBudget(): (type: string, data: Buffer) => boolean {
  let left = MAX_UNPACKED_BYTES;
  return (type, data) => {
    const packed = PACKED[type]?.(data);
    if (packed) left -= unpackedBytes(packed, left);
    return left > 0;
  };
}

/** Also what a stream without its end or with a wrong checksum unpacks to: the decoder learns of that last. */
function unpackedBytes(packed: Buffer, most: number): number {
  const options = { maxOutputLength: most, finishFlush: constants.Z_SYNC_FLUSH };
  try {
    return inflateRawSync(packed.subarray(ZLIB_HEADER_BYTES), options).length;
  } catch (error) {
    // How much came before a fault, nobody tells.
    return error instanceof RangeError ? most : Math.min(most, packed.length * MAX_UNPACKING);
  }
}

/** What stands behind so many zero bytes. */
function behindZeros(data: Buffer, zeros: number): Buffer | undefined {
  const at = data.indexOf(0);
  if (at < 0) return undefined;
  const rest = data.subarray(at + 1);
  return zeros > 1 ? behindZeros(rest, zeros - 1) : rest;
}
