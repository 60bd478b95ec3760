import type { Metadata, Sharp as Picture } from 'sharp';
import type { PictureType } from '../../media-types.ts';
import type { ExifFacts } from '../exif.ts';
import type { Sharp } from '../pixels.ts';

export interface Size {
  width: number;
  height: number;
}

/** The result of walking a file's bytes before any decoder sees them. */
export interface Structure {
  /** Whether everything is there that the file promises, up to its end. */
  ended: boolean;
  /** A wrong checksum, a part that reaches out of the one that holds it, missing pixels. */
  damaged?: boolean;
  /** More parts than any encoder writes. */
  tooComplex?: boolean;
  /** A variant that no decoder here reads. */
  unsupported?: string | undefined;
  /** Frames or pages, counted; the decoder may know of fewer. */
  frames: number;
  /** Passes over the picture that a decode takes. */
  scans?: number;
  hasComment?: boolean;
  /** The size that stands in the file, for formats whose decoder fails on a size that is too large. */
  declaredSize?: Size | undefined;
  /** A JPEG within the file that is read instead of it. */
  embedded?: WalkedFile | undefined;
}

/** A file and its structure: bytes are walked once, and later steps take what was found. */
export interface WalkedFile<S extends Structure = Structure> {
  bytes: Uint8Array;
  structure: S;
}

/** The header as the decoder reads it, without decoding a pixel. */
export type Header = Size &
  Pick<Metadata, 'autoOrient' | 'hasAlpha' | 'hasProfile'> &
  Partial<
    Pick<Metadata, 'orientation' | 'pages' | 'pagePrimary' | 'icc' | 'exif' | 'xmp' | 'iptc'> &
      Pick<
        Metadata,
        'comments' | 'channels' | 'depth' | 'space' | 'isProgressive' | 'chromaSubsampling'
      >
  > & {
    mediaType: PictureType;
  };

/** A limit on pictures in which next to nothing is coded (cost.ts). */
interface Emptiness {
  /** Pixels to a byte of the file beyond which it is all but empty. */
  pixelsPerByte: number;
  /** Memory that the decode was measured to take, in bytes a pixel. */
  pixelBytes: number;
}

export const METADATA_KINDS = ['exif', 'gps', 'xmp', 'iptc', 'icc', 'comments'] as const;
export type MetadataKind = (typeof METADATA_KINDS)[number];

/** The facts of a picture that passed the inspection. */
export interface PictureFacts extends Size {
  mediaType: PictureType;
  structure: Structure;
  /** Bytes that the decoder holds at a time, at least. */
  heldBytes: number;
  /** EXIF orientation, 1–8; 1 where none is given. */
  orientation: number;
  /** Frames of an animation or pages of a document. */
  frames: number;
  /** The one that is analysed, from 1: the first, unless the file calls another one its primary. */
  page: number;
  hasAlpha: boolean;
  /** The ICC profile to convert the colours by; undefined where they are sRGB, by its name or for want of one. */
  profile: Uint8Array | undefined;
  /** Inks without a profile that says what they look like. */
  isPlainCmyk: boolean;
  /** Found in the file; none of it leaves with the converted picture. */
  metadata: MetadataKind[];
  /** When the picture was taken, by its EXIF: ISO 8601, in the camera's own time. */
  capturedAt: string | undefined;
}

/**
 * All that is known of one picture format. Every member is a check or a step that the pipeline (../image.ts)
 * takes with each format, so that a new one that forgets any does not compile.
 */
export interface PictureFormat<S extends Structure = Structure> {
  /** The magic bytes. `start`: the first bytes of the file, as Latin-1. */
  matches(start: string): boolean;
  /** libvips' loader, which sharp.ts unblocks; undefined where the format is decoded without it. */
  loader: string | undefined;
  /** Walks the whole file. Never throws, whatever the bytes are. */
  walk(bytes: Uint8Array): S;
  /** @throws ServiceError `file_malformed` for a header that makes no sense, or is another format's */
  readHeader(sharp: Sharp, file: WalkedFile<S>): Promise<Header>;
  /** Whether the file is too short to hold a picture of that size: then it is no large one, but says so. */
  isTooShort(file: WalkedFile<S>, size: Size): boolean;
  /** Whether one frame is decoded alone, so that the others do not count towards its pixels. */
  isFrameDecodedAlone: boolean;
  /** Bytes a pixel that the decoder holds, where it cannot go row by row. */
  heldPixelBytes(header: Header): number;
  /** How often the decoder holds these: planes, planes enlarged, pixels in colour. */
  heldTimes: number;
  /** The bound for files that are all but empty; undefined where the decode goes row by row. */
  emptiness(header: Header): Emptiness | undefined;
  /** EXIF that stands in the format's own structure, beside the block that the decoder finds. */
  readOwnExif(file: WalkedFile<S>): ExifFacts | undefined;
  /**
   * Checks what neither the walk nor the decode of the one frame sees: a file of which another part is damaged is
   * a damaged file. What it costs was bounded before. @throws ServiceError `file_malformed`
   */
  checkUndecoded(sharp: Sharp, file: WalkedFile<S>, facts: PictureFacts): Promise<void>;
  /** The picture for sharp to work on, decoded by libvips or beside it. */
  open(sharp: Sharp, file: WalkedFile<S>, facts: PictureFacts): Promise<Picture>;
  /** The kernel that shrinks it: a JPEG has no edges as sharp as drawn ones. */
  kernel: 'cubic' | 'lanczos3';
  /** The file without metadata, where its own coding may leave; undefined where it has to be encoded anew. */
  strip?(file: WalkedFile<S>, maxBytes: number): WalkedFile<S> | undefined;
}
