import { readFileSync } from 'node:fs';
import { shrinkPicture } from '../../lib/media/image/convert.ts';
import { inspectPicture } from '../../lib/media/image/inspect.ts';
import { chooseOutputEdge } from '../../lib/media/image/output-edge.ts';
import { loadSharp } from '../../lib/media/image/sharp.ts';
import type { Picture } from '../corpus/corpus.ts';

const LIMITS = { maxBytes: 26_214_400, maxPixels: 60_000_000 };
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
  const facts = await inspectPicture(bytes, LIMITS);
  const longEdge = Math.max(facts.width, facts.height);
  const edge = chooseOutputEdge(longEdge);
  if (edge >= longEdge || facts.hasAlpha || mediaType === 'image/heic') return undefined;
  const sharp = await loadSharp();
  const toRaw = { resolveWithObject: true } as const;
  const ours = await shrinkPicture(sharp, bytes, facts, edge);
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
