import type { Sharp } from '../../sharp.ts';
import { listProperties } from './boxes.ts';

/** Colour primaries and transfer functions by their numbers in ITU-T H.273. */
const DISPLAY_P3 = 12;
const SRGB_CURVES = [1, 6, 13];

/**
 * The profile for the colours that an AVIF or HEIC names by numbers alone (`nclx`, ISO/IEC 14496-12, 12.1.5).
 * Of the wide ones, Display P3 is what cameras and screens write; undefined for all others.
 */
export async function findNamedProfile(
  sharp: Sharp,
  bytes: Uint8Array,
): Promise<Buffer | undefined> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const named = listProperties(view).find(
    ({ type, start, end }) =>
      type === 'colr' && start + 8 <= end && view.toString('latin1', start, start + 4) === 'nclx',
  );
  if (!named || view.readUInt16BE(named.start + 4) !== DISPLAY_P3) return undefined;
  if (!SRGB_CURVES.includes(view.readUInt16BE(named.start + 6))) return undefined;
  const dot = sharp({ create: { width: 1, height: 1, channels: 3, background: '#000' } });
  return (await sharp(await dot.withIccProfile('p3').png().toBuffer()).metadata()).icc;
}
