import type { Clip, Keep, MediumName, Pages, Source } from '../source.ts';
import type { PictureLimits } from './image/picture-limits.ts';
import type { KnownType } from './media-types.ts';

/** A file in the store, read by ranges: nobody holds it whole but who asks for all of it. */
export interface MediaFile {
  /** Its size, by the store. */
  bytes: number;
  /** From `start` to before `end`; fewer where the file ends before it. */
  read(start: number, end: number): Promise<Uint8Array>;
  /** @throws ServiceError `file_too_large` */
  readAll(maxBytes: number): Promise<Uint8Array>;
}

/** The limits that a stage sets: `params` in serverless.yml. */
export interface MediaLimits extends Record<MediumName, { maxBytes: number }> {
  image: PictureLimits;
}

/** What a client said of how to look at the file. */
export interface MediaOptions {
  keep?: Keep | undefined;
  clip?: Clip | undefined;
  pages?: Pages | undefined;
}

/** What is known of a file without decoding it. */
export interface MediaFacts {
  mediaType: KnownType;
  /** What a record's `source` says of it, beside its type. */
  source: Partial<Source>;
  /** Kinds found: they leave with a file that goes to the model as it is, and with no other. */
  metadata: readonly string[];
  /** What else there is to say to who has to trust the file; stands in `safety`. */
  safety?: Record<string, unknown>;
}

/** What the model is sent: made anew and held, or the upload as it is. */
export type Prepared = { mediaType: string; poster?: Poster } & (
  | { bytes: Uint8Array; thumbnail?: Uint8Array | undefined }
  | { original: true }
);

/** What people see of a file that is no picture. */
export interface Poster {
  mediaType: 'image/jpeg';
  bytes: Uint8Array;
}

/** One kind of file. Both steps throw ServiceErrors of files: `file_malformed`, `file_too_complex`, … */
export interface Medium<Facts extends MediaFacts = MediaFacts> {
  name: MediumName;
  inspect(file: MediaFile, limits: MediaLimits, options: MediaOptions): Promise<Facts>;
  prepare(file: MediaFile, facts: Facts, options: MediaOptions): Promise<Prepared>;
}
