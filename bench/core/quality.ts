import { readFileSync } from 'node:fs';
import { convertColours } from '../../lib/media/image/colours.ts';
import { shrink, startConversion } from '../../lib/media/image/convert.ts';
import type { Picture } from '../corpus/corpus.ts';
import { inspect } from './inspect.ts';

const PEAK = 255;

/**
 * PSNR in dB of the picture before the encoder, against the full-size original shrunk by lanczos3, or that
 * they are the same. Undefined where nothing is shrunk, where a background is put in, and for HEIC, which
 * the reference does not open.
 */
export async function measureQuality({
  file,
  mediaType,
}: Picture): Promise<number | 'same' | undefined> {
  const bytes = readFileSync(file);
  const facts = await inspect(bytes);
  const conversion = await startConversion(bytes, facts);
  const { sharp, edge } = conversion;
  const longEdge = Math.max(facts.width, facts.height);
  if (edge >= longEdge || facts.hasAlpha || mediaType === 'image/heic') return undefined;
  const toRaw = { resolveWithObject: true } as const;
  const ours = await convertColours(sharp, await shrink(conversion), facts);
  const full = await sharp(bytes).autoOrient().raw().toBuffer(toRaw);
  const { width, height, channels } = full.info;
  const raw = { width, height, channels };
  const size = { width: ours.width, height: ours.height, fit: 'fill' } as const;
  const shrunk = sharp(full.data, { raw }).resize({ ...size, kernel: 'lanczos3' });
  const decibels = comparePixels(ours.data, await shrunk.raw().toBuffer());
  return Number.isFinite(decibels) ? decibels : 'same';
}

function comparePixels(ours: Uint8Array, reference: Uint8Array): number {
  if (ours.length !== reference.length) throw new Error('two sizes cannot be compared');
  const squares = ours.reduce((sum, value, at) => sum + (value - (reference[at] ?? 0)) ** 2, 0);
  return 10 * Math.log10(PEAK ** 2 / (squares / ours.length));
}
