/** Hertz, of one channel of 16 bits. */
const RATE = 8_000;

/** A WAV of so many seconds of silence. */
export function writeWave(seconds: number): Buffer {
  const sound = Buffer.alloc(seconds * RATE * 2);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + sound.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(sound.length, 40);
  return Buffer.concat([head, sound]);
}

/** The same as an AIFF. */
export function writeAiff(seconds: number): Buffer {
  const sound = Buffer.alloc(8 + seconds * RATE * 2);
  const head = Buffer.alloc(46);
  head.write('FORM', 0);
  head.writeUInt32BE(38 + sound.length, 4);
  head.write('AIFFCOMM', 8);
  head.writeUInt32BE(18, 16);
  head.writeUInt16BE(1, 20);
  head.writeUInt32BE(seconds * RATE, 22);
  head.writeUInt16BE(16, 26);
  head.writeUInt16BE(16_383 + 12, 28); // 80 bits: 8,000 is between 2^12 and 2^13
  head.writeBigUInt64BE(BigInt(RATE) << 51n, 30);
  head.write('SSND', 38);
  head.writeUInt32BE(sound.length, 42);
  return Buffer.concat([head, sound]);
}
