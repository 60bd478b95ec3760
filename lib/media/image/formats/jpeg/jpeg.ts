import { ServiceError } from '../../../../errors.ts';
import { MAX_JPEG_SCANS } from '../../picture-limits.ts';
import type { PictureFormat, Structure, WalkedFile } from '../picture-format.ts';
import { openByVips, readVipsHeader } from '../vips.ts';
import { MARKER, type Markers, walkMarkers } from './markers.ts';
import { walkScan } from './scan.ts';
import { stripJpeg } from './strip.ts';

/** A block of 64 pixels takes a bit at least. */
const PIXELS_PER_BYTE = 512;
const COEFFICIENT_BYTES = 2;

/** Without an end marker the file was cut, even if a reduced decode does not notice. */
export interface JpegStructure extends Structure, Markers {}

export const jpeg: PictureFormat<JpegStructure> = {
  matches: (start) => start.startsWith('\xff\xd8\xff'),
  loader: 'Jpeg',
  walk: walkJpeg,
  readHeader: (sharp, file) => readVipsHeader(sharp, dropJunk(file), 'warning', ['image/jpeg']),
  isTooShort: ({ bytes }, { width, height }) => width * height > bytes.length * PIXELS_PER_BYTE,
  isFrameDecodedAlone: false,
  heldPixelBytes({ isProgressive = false, chromaSubsampling, channels = 4 }) {
    const planes = chromaSubsampling === '4:2:0' ? 1.5 : channels;
    return isProgressive ? planes * COEFFICIENT_BYTES : 0;
  },
  heldTimes: 1,
  // One of a single colour has 340 pixels to the byte.
  emptiness: ({ isProgressive }) =>
    isProgressive ? { pixelsPerByte: 100, pixelBytes: 3.2 } : undefined,
  readOwnExif: () => undefined,
  async checkUndecoded(_, { bytes, structure }) {
    if (walkScan(bytes, structure.segments) === 'broken')
      throw new ServiceError(
        'file_malformed',
        'The JPEG holds more or fewer rows than it declares.',
      );
  },
  open: async (sharp, file, facts) => openByVips(sharp, dropJunk(file), facts, 'warning'),
  kernel: 'cubic',
  strip({ bytes, structure }, maxBytes) {
    const own = stripJpeg(bytes, structure, maxBytes);
    return own && { bytes: own, structure: walkJpeg(own) };
  },
};

function walkJpeg(bytes: Uint8Array): JpegStructure {
  const markers = walkMarkers(bytes);
  const count = (wanted: number) =>
    markers.segments.filter(({ marker }) => marker === wanted).length;
  const scans = count(MARKER.SOS);
  return {
    ...markers,
    ended: markers.endAt !== undefined,
    tooComplex: markers.tooMany || scans > MAX_JPEG_SCANS,
    frames: 1,
    scans,
    hasComment: count(MARKER.COM) > 0,
  };
}

/**
 * The file without the bytes between its first segments that belong to none, as some cameras and editors leave
 * them: every decoder skips these, but libjpeg remarks on them, and libvips takes every remark for damage.
 */
function dropJunk({ bytes, structure }: WalkedFile<JpegStructure>): Uint8Array {
  const { segments, endAt = bytes.length } = structure;
  const kept: Uint8Array[] = [];
  let [from, end] = [0, segments[0]?.end ?? 0];
  for (const segment of [...segments.slice(1), { marker: MARKER.EOI, at: endAt, end: endAt }]) {
    if (segment.at - 1 > end) {
      kept.push(bytes.subarray(from, end));
      from = segment.at - 1;
    }
    if (segment.marker === MARKER.SOS) break;
    end = segment.end;
  }
  return kept.length === 0 ? bytes : Buffer.concat([...kept, bytes.subarray(from)]);
}
