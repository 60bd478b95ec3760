import * as z from 'zod/mini';

/** Media, by the way they are analyzed. */
export const MEDIA = ['image', 'video', 'document', 'audio'] as const;
export type MediumName = (typeof MEDIA)[number];

// Made once for all fields of a record: each one more takes its time at every cold start.
export const text = z.string();
export const number = z.number();
export const optionalText = z.optional(text);
export const optionalNumber = z.optional(number);

const track = z.object({
  kind: z.enum(['video', 'audio']),
  codec: text,
  /** Of the upright picture, in pixels. */
  width: optionalNumber,
  height: optionalNumber,
  /** Degrees clockwise that the pictures are turned by when they are shown. */
  rotation: optionalNumber,
  channels: optionalNumber,
  /** Hertz. */
  sampleRate: optionalNumber,
  /** As the file has it: ISO 639-2 or BCP 47. */
  language: optionalText,
});
export type Track = z.infer<typeof track>;

/** Facts of the file; sizes in bytes and, for the upright picture, in pixels. */
export const source = z.object({
  key: text,
  filename: text,
  declaredType: optionalText,
  mediaType: optionalText,
  bytes: optionalNumber,
  sha256: optionalText,
  width: optionalNumber,
  height: optionalNumber,
  /** Pages or frames, where there are several, and which of them, from 1, was looked at. */
  pages: optionalNumber,
  page: optionalNumber,
  /** Of a document, the pages that were looked at, where not all were: from 1, both included. */
  pageRange: z.optional(z.object({ first: number, last: number })),
  durationSeconds: optionalNumber,
  tracks: z.optional(z.array(track)),
  /** Only where the client asked to keep it: ISO 8601 in the camera's time, and EXIF's 1–8. */
  capturedAt: optionalText,
  orientation: optionalNumber,
});
export type Source = z.infer<typeof source>;

/** EXIF fields that a client may ask to keep in `source`; none by default. */
export const keep = z.array(z.enum(['capturedAt', 'orientation'])).check(z.maxLength(2));
export type Keep = z.output<typeof keep>;

/** The longest time that may be named within a file, in seconds (30 days): no file that is taken comes near it. */
const MAX_CLIP_SECONDS = 2_592_000;
/** The shortest, in seconds: times are told apart by milliseconds. */
export const MIN_SECONDS = 0.001;
/** Pictures a second that a model may be given: one in a hundred seconds, and what it takes at most. */
const MIN_CLIP_FPS = 0.01;
const MAX_CLIP_FPS = 24;

/** A time within a file; what is finer than a millisecond, the model's durations could not say. */
const time = (least: number) =>
  z.pipe(
    z.number().check(z.minimum(least), z.maximum(MAX_CLIP_SECONDS)),
    z.transform((seconds: number) => Math.round(seconds * 1000) / 1000),
  );
/** The last page that may be named: no document that is taken has so many. */
const MAX_PAGE = 1_000_000;

/** The part of a video or of a sound to look at, in seconds from its start, and how many pictures of each second. */
export const clip = z
  .strictObject({
    start: z.optional(time(0)),
    end: z.optional(time(MIN_SECONDS)),
    fps: z.optional(z.number().check(z.minimum(MIN_CLIP_FPS), z.maximum(MAX_CLIP_FPS))),
  })
  .check(
    z.refine(
      ({ start = 0, end }) => end === undefined || end > start,
      'has to end after its start',
    ),
  );
export type Clip = z.output<typeof clip>;

/** The pages of a document to look at, from 1, both included. */
export const pages = z
  .strictObject({
    first: z.int().check(z.minimum(1), z.maximum(MAX_PAGE)),
    last: z.int().check(z.minimum(1), z.maximum(MAX_PAGE)),
  })
  .check(z.refine(({ first, last }) => last >= first, 'has to end at its first page or later'));
export type Pages = z.output<typeof pages>;
