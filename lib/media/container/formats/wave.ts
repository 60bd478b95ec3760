import { MAX_ELEMENTS } from '../container-limits.ts';
import type { CountedFile } from '../counted-file.ts';
import { cutOff, malformed } from '../counted-file.ts';
import type { ContainerFormat } from './container-format.ts';

/** Written by programs that did not know how long it would become, or cannot say so in 32 bits. */
const UNKNOWN_SIZE = 0xffffffff;

export const wave: ContainerFormat = {
  matches: (start) => /^(RIFF|RF64).{4}WAVE/s.test(start),
  checkEnd: checkSound,
  chooseType: () => 'audio/wav',
};

/** A WAV file has to hold all the sound that it declares. */
async function checkSound(file: CountedFile): Promise<void> {
  let at = 12;
  for (let count = 0; count < MAX_ELEMENTS; count += 1) {
    const head = Buffer.from(await file.read(at, at + 8));
    if (head.length < 8) throw cutOff();
    const size = head.readUInt32LE(4);
    const isSound = head.toString('latin1', 0, 4) === 'data';
    if (isSound && (size === UNKNOWN_SIZE || size === 0)) return checkHasSound(file, at + 8);
    const end = at + 8 + size;
    if (end > file.bytes) throw cutOff();
    if (isSound) return;
    at = end + (size % 2);
  }
  throw malformed('The file has too many parts.');
}

function checkHasSound(file: CountedFile, start: number): void {
  if (start >= file.bytes) throw malformed('The file holds no sound.');
}
