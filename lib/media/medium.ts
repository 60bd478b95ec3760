import type { Clip, Keep, MediumName, Pages, Source } from '../analysis/source.ts';
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

/** The client's options for looking at the file. */
export interface MediaOptions {
  keep?: Keep | undefined;
  clip?: Clip | undefined;
  pages?: Pages | undefined;
}

/** The facts of a file that are known without decoding it. */
export interface MediaFacts {
  mediaType: KnownType;
  /** Its part of a record's `source`, beside the type. */
  source: Partial<Source>;
  /** Kinds found: they leave with a file that goes to the model as it is, and with no other. */
  metadata: readonly string[];
  /** Its part of a result's `safety`, beside the metadata. */
  safety?: Record<string, unknown>;
}

/** The file for the model: made anew and held, or the upload as it is. */
export type Prepared = { mediaType: string; poster?: Poster } & (
  | { bytes: Uint8Array; thumbnail?: Uint8Array | undefined }
  | { original: true }
);

/** The picture that people see of a file that is none. */
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
