import { createHash, randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';

const BLOCK_BYTES = 1_048_576;
/** Of a box with its size in 64 bits: ISO/IEC 14496-12. */
const BOX_HEADER_BYTES = 16;

/**
 * Writes a video of so many bytes: a small one, and behind it a box of the kind that readers pass over, with
 * no two blocks alike in it. Resolves to its SHA-256, in hexadecimal digits.
 */
export async function writeLargeVideo(path: string, clip: Uint8Array, bytes: number) {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  const write = async (block: Uint8Array) => {
    hash.update(block);
    await file.writeFile(block);
  };
  try {
    await write(clip);
    await write(describeFreeBox(bytes - clip.length));
    const noise = randomBytes(BLOCK_BYTES);
    let left = bytes - clip.length - BOX_HEADER_BYTES;
    for (let index = 0; left > 0; index += 1) {
      noise.writeUInt32BE(index);
      await write(noise.subarray(0, left));
      left -= BLOCK_BYTES;
    }
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

function describeFreeBox(bytes: number): Buffer {
  const header = Buffer.alloc(BOX_HEADER_BYTES);
  header.writeUInt32BE(1);
  header.write('free', 4, 'latin1');
  header.writeBigUInt64BE(BigInt(bytes), 8);
  return header;
}
