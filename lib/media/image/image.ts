import type { Source } from '../../analysis/source.ts';
import { ServiceError } from '../../errors.ts';
import { releaseBytes } from '../../release-bytes.ts';
import type { PictureType } from '../media-types.ts';
import type { MediaFacts, MediaOptions, Medium } from '../medium.ts';
import { convertColours } from './colours.ts';
import {
  type Conversion,
  type ConvertedPicture,
  encode,
  keepOwnCoding,
  shrink,
  startConversion,
} from './convert.ts';
import {
  checkCost,
  checkDeclaredSize,
  checkStructure,
  countFrames,
  countHeldBytes,
  type OpenedPicture,
  type WalkedPicture,
} from './cost.ts';
import { readExif } from './exif.ts';
import { FORMATS } from './formats/formats.ts';
import {
  type Header,
  METADATA_KINDS,
  type MetadataKind,
  type PictureFacts,
  type WalkedFile,
} from './formats/picture-format.ts';
import { isPlainSrgb } from './icc.ts';
import { makeRoom } from './memory.ts';
import type { PictureLimits } from './picture-limits.ts';
import { loadSharp } from './sharp.ts';

/** Pictures are held whole, decoded, and leave as a fresh JPEG. `mediaType`: as detected by the first bytes. */
export function pictureMedium(mediaType: PictureType): Medium<PictureFacts & MediaFacts> {
  return {
    name: 'image',
    async inspect(file, limits, options) {
      const bytes = await file.readAll(limits.image.maxBytes);
      const facts = await inspectPicture(bytes, mediaType, limits.image);
      return { ...facts, source: describeSource(facts, options) };
    },
    async prepare(file, facts) {
      const bytes = await file.readAll(file.bytes);
      const { jpeg, thumbnail } = await convertPicture(bytes, facts);
      releaseBytes(bytes); // of a file that is made anew, nothing is read after this
      return { mediaType: 'image/jpeg', bytes: jpeg, thumbnail };
    },
  };
}

/**
 * The facts of a picture that can be known without decoding it, cheap checks first. Throws `type_unsupported`,
 * `file_malformed` or `file_too_complex`.
 */
export async function inspectPicture(
  bytes: Uint8Array,
  mediaType: PictureType,
  limits: PictureLimits,
): Promise<PictureFacts> {
  const structure = FORMATS[mediaType].walk(bytes);
  checkStructure(structure);
  const { embedded } = structure;
  if (!embedded) return inspectWalked({ bytes, mediaType, structure }, limits);
  checkStructure(embedded.structure);
  const facts = await inspectWalked({ ...embedded, mediaType: 'image/jpeg' }, limits);
  return { ...facts, mediaType, structure };
}

async function inspectWalked(walked: WalkedPicture, limits: PictureLimits): Promise<PictureFacts> {
  checkDeclaredSize(walked, limits);
  const opened = await readHeader(walked);
  checkCost(opened, limits);
  return describeFacts(opened);
}

/**
 * The picture as the model gets it: upright, opaque, sRGB, small, JPEG, without any metadata. This one
 * decode, at the strictest level, is the integrity check too: `file_malformed`. Nothing stops it before
 * its end but the end of the process: whoever calls it keeps the time (bounds.ts).
 */
export async function convertPicture(
  bytes: Uint8Array,
  facts: PictureFacts,
): Promise<ConvertedPicture> {
  const conversion = await startConversion(bytes, facts);
  try {
    return (await keepOwnCoding(conversion)) ?? (await encodeAnew(conversion));
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    throw new ServiceError('file_malformed', undefined, { cause });
  }
}

async function encodeAnew(conversion: Conversion): Promise<ConvertedPicture> {
  const { sharp, format, file, facts } = conversion;
  makeRoom(facts.heldBytes * format.heldTimes);
  await format.checkUndecoded(sharp, file, facts);
  const small = await shrink(conversion);
  const pixels = await convertColours(sharp, small, facts);
  return encode(conversion, pixels);
}

/** Decodes no pixel. The header names the codec, which the first bytes of a HEIF need not. */
async function readHeader(walked: WalkedPicture): Promise<OpenedPicture> {
  const header = await FORMATS[walked.mediaType].readHeader(await loadSharp(), walked);
  return { ...walked, mediaType: header.mediaType, header };
}

function describeFacts(picture: OpenedPicture): PictureFacts {
  const { mediaType, structure, header } = picture;
  return {
    mediaType,
    structure,
    ...header.autoOrient,
    heldBytes: countHeldBytes(header),
    orientation: header.orientation ?? 1,
    frames: countFrames(picture),
    page: (header.pagePrimary ?? 0) + 1,
    hasAlpha: header.hasAlpha,
    isPlainCmyk: header.space === 'cmyk' && !header.icc,
    profile: header.icc && !isPlainSrgb(header.icc) ? header.icc : undefined,
    ...listMetadata(picture, header),
  };
}

/** The part of a record's source that a picture adds; of its EXIF only what the client asked to keep. */
function describeSource(facts: PictureFacts, { keep = [] }: MediaOptions): Partial<Source> {
  const { width, height, frames, page, capturedAt, orientation } = facts;
  return {
    width,
    height,
    ...(frames > 1 && { pages: frames, page }),
    ...(keep.includes('capturedAt') && { capturedAt }),
    ...(keep.includes('orientation') && { orientation }),
  };
}

/** The kinds of metadata that the file carries, by its header and its own structure; and when it was taken. */
function listMetadata(
  file: WalkedFile,
  header: Header,
): { metadata: MetadataKind[]; capturedAt: string | undefined } {
  const own = FORMATS[header.mediaType].readOwnExif(file);
  const block = header.exif && readExif(header.exif);
  const present: Record<MetadataKind, boolean> = {
    exif: block !== undefined || own?.exif === true,
    gps: block?.gps === true || own?.gps === true,
    xmp: header.xmp !== undefined,
    iptc: header.iptc !== undefined,
    icc: header.hasProfile,
    comments: file.structure.hasComment === true || (header.comments?.length ?? 0) > 0,
  };
  const capturedAt = block?.capturedAt ?? own?.capturedAt;
  return { metadata: METADATA_KINDS.filter((kind) => present[kind]), capturedAt };
}
