import type { CountedFile } from '../counted-file.ts';
import { cutOff } from '../counted-file.ts';
import type { ContainerFormat } from './container-format.ts';

/** The largest frame that encoders write, in bytes: eight channels of 65,535 samples do not occur. */
const MAX_FRAME_BYTES = 1_048_576;
/** An ID3v1 tag, which some programs write behind the last frame, in bytes. */
const ID3V1_BYTES = 128;
/** Places looked at that may be the head of the last frame: its sound shows the same two bytes by chance. */
const MAX_TRIES = 100;
const CRC16_POLYNOMIAL = 0x8005;

export const flac: ContainerFormat = {
  matches: (start) => start.startsWith('fLaC'),
  checkEnd: checkLastFrame,
  chooseType: () => 'audio/flac',
};

/** The last frame of a FLAC file has to be whole, by its checksum (RFC 9639). */
async function checkLastFrame(file: CountedFile): Promise<void> {
  const start = Math.max(0, file.bytes - MAX_FRAME_BYTES);
  const all = Buffer.from(await file.read(start, file.bytes));
  const tag = all.length - ID3V1_BYTES;
  const isTagged = tag > 0 && all.toString('latin1', tag, tag + 3) === 'TAG';
  const tail = isTagged ? all.subarray(0, tag) : all;
  let tries = 0;
  for (let at = tail.length - 2; at >= 0 && tries < MAX_TRIES; at -= 1) {
    if (tail[at] !== 0xff || ((tail[at + 1] ?? 0) & 0xfe) !== 0xf8) continue;
    if (isFrame(tail.subarray(at))) return;
    tries += 1;
  }
  throw cutOff();
}

/** The checksum over a frame with its own checksum behind it is zero. */
function isFrame(bytes: Buffer): boolean {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (CRC16[((crc >> 8) ^ byte) & 0xff] ?? 0);
  return crc === 0;
}

const CRC16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1)
    crc = crc & 0x8000 ? (crc << 1) ^ CRC16_POLYNOMIAL : crc << 1;
  return crc & 0xffff;
});
