import * as z from 'zod';

/** What is uploaded, by how it is looked at. */
export const MEDIA = ['image', 'video', 'document', 'audio'] as const;
export type MediumName = (typeof MEDIA)[number];

const track = z.object({
  kind: z.enum(['video', 'audio']),
  codec: z.string(),
  /** Of the upright picture, in pixels. */
  width: z.number().optional(),
  height: z.number().optional(),
  /** Degrees clockwise that the pictures are turned by when they are shown. */
  rotation: z.number().optional(),
  channels: z.number().optional(),
  /** Hertz. */
  sampleRate: z.number().optional(),
  /** As the file has it: ISO 639-2 or BCP 47. */
  language: z.string().optional(),
});
export type Track = z.infer<typeof track>;

/** What is known of the file; sizes in bytes and, of the upright picture, in pixels. */
export const source = z.object({
  key: z.string(),
  filename: z.string(),
  declaredType: z.string().optional(),
  mediaType: z.string().optional(),
  bytes: z.number().optional(),
  sha256: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  /** Pages or frames, where there are several, and which of them, from 1, was looked at. */
  pages: z.number().optional(),
  page: z.number().optional(),
  /** Of a document, the pages that were looked at, where not all were: from 1, both included. */
  pageRange: z.object({ first: z.number(), last: z.number() }).optional(),
  durationSeconds: z.number().optional(),
  tracks: z.array(track).optional(),
  /** Only where the client asked to keep it: ISO 8601 in the camera's time, and EXIF's 1–8. */
  capturedAt: z.string().optional(),
  orientation: z.number().optional(),
});
export type Source = z.infer<typeof source>;

/** What of a picture's EXIF may be told in `source`; nothing of it is, unless asked for. */
export const keep = z.array(z.enum(['capturedAt', 'orientation'])).max(2);
export type Keep = z.output<typeof keep>;

/** The longest time that may be named within a file, in seconds (30 days): no file that is taken comes near it. */
const MAX_CLIP_SECONDS = 2_592_000;
/** Pictures a second that a model may be given: what it takes at most. */
const MAX_CLIP_FPS = 24;
/** The last page that may be named: no document that is taken has so many. */
const MAX_PAGE = 1_000_000;

/** The part of a video or of a sound to look at, in seconds from its start, and how many pictures of each second. */
export const clip = z
  .strictObject({
    start: z.number().min(0).max(MAX_CLIP_SECONDS).optional(),
    end: z.number().positive().max(MAX_CLIP_SECONDS).optional(),
    fps: z.number().positive().max(MAX_CLIP_FPS).optional(),
  })
  .refine(({ start = 0, end }) => end === undefined || end > start, 'has to end after its start');
export type Clip = z.output<typeof clip>;

/** The pages of a document to look at, from 1, both included. */
export const pages = z
  .strictObject({ first: z.int().min(1).max(MAX_PAGE), last: z.int().min(1).max(MAX_PAGE) })
  .refine(({ first, last }) => last >= first, 'has to end at its first page or later');
export type Pages = z.output<typeof pages>;
