import type { Clip } from '../source.ts';
import { MEDIA_CHUNK_BYTES } from './limits.ts';
import type { MediaResolution, ThinkingLevel } from './models.ts';
import { toGeminiSchema } from './schema.ts';

/** What the model is to look at: in the request itself, or stored at Gemini before (files.ts). */
export type RequestMedia = { mediaType: string; clip?: Clip | undefined } & (
  | { bytes: Uint8Array }
  | { uri: string }
);

export interface ModelRequest {
  systemInstruction: string;
  prompt: string;
  media: RequestMedia;
  /** What the media are billed as, at most. */
  mediaTokens?: number | undefined;
  responseJsonSchema: object;
  /** As this one and the next: where a model has no such level, the nearest that it has (models.ts). */
  mediaResolution?: MediaResolution | undefined;
  /** LOW unless given: boxes get worse with more of it, and it is paid for. */
  thinkingLevel?: ThinkingLevel | undefined;
  /** Thinking included. */
  maxOutputTokens?: number | undefined;
  /** In order, in place of the stage's. */
  models?: readonly string[] | undefined;
}

/** What not every server takes, and which is left out for one that has refused it. */
export const OPTIONAL_FIELDS = ['store', 'thinkingConfig'] as const;
export type OptionalField = (typeof OPTIONAL_FIELDS)[number];

/** How a further call differs from the first. */
export interface Variant {
  maxOutputTokens: number;
  thinkingLevel: ThinkingLevel;
  /** What was wrong with the last answer, for the model. */
  repair?: string;
}

/** A request's body, which is made while it is sent. */
export interface Body {
  /** Bytes. */
  length: number;
  /** Anew for each call. */
  pieces(): Iterable<Uint8Array>;
}

/**
 * The body of generateContent. The media's base64 is never in memory as a whole: it is written piece by
 * piece between the rest: 25 MB of media cost some 45 MB at their peak, and 100 as one string.
 */
export function createBody(
  request: ModelRequest,
  store = false,
): (variant: Variant, omitted?: ReadonlySet<OptionalField>) => Body {
  const { head, bytes, tail: afterMedia } = describeMedia(request.media);
  const systemInstruction = JSON.stringify({ parts: [{ text: request.systemInstruction }] });
  const responseJsonSchema = toGeminiSchema(request.responseJsonSchema);

  return ({ maxOutputTokens, thinkingLevel, repair }, omitted = new Set()) => {
    const texts = [request.prompt, ...(repair ? [repair] : [])];
    const generationConfig = JSON.stringify({
      maxOutputTokens,
      responseMimeType: 'application/json',
      responseJsonSchema,
      mediaResolution: request.mediaResolution,
      thinkingConfig: omitted.has('thinkingConfig') ? undefined : { thinkingLevel },
    });
    // Since 2026-10-26 Google stores requests and answers of new projects unless it is told not to.
    const storing = omitted.has('store') ? '' : `,"store":${store}`;
    const tail =
      `${afterMedia},${texts.map((text) => JSON.stringify({ text })).join(',')}]}],` +
      `"systemInstruction":${systemInstruction},"generationConfig":${generationConfig}${storing}}`;
    return joinBody(Buffer.from(`{"contents":[{"role":"user","parts":[${head}`), bytes, tail);
  };
}

/** The media's part, cut in two where the base64 of its bytes stands. */
function describeMedia({ mediaType: mimeType, clip, ...media }: RequestMedia) {
  const videoMetadata = clip && describeClip(clip);
  const isInline = 'bytes' in media;
  const data = isInline
    ? { inlineData: { mimeType, data: '' } }
    : { fileData: { mimeType, fileUri: media.uri } };
  const part = JSON.stringify({ ...data, videoMetadata });
  const at = isInline ? part.indexOf('"data":"') + '"data":"'.length : part.length;
  const bytes = isInline ? media.bytes : new Uint8Array();
  return { head: part.slice(0, at), bytes, tail: part.slice(at) };
}

/** Protobuf's durations, in seconds: `"5s"`, `"9.25s"`. */
function describeClip({ start, end, fps }: Clip) {
  const offset = (seconds: number | undefined) =>
    seconds === undefined ? undefined : `${seconds}s`;
  return { startOffset: offset(start), endOffset: offset(end), fps };
}

/** Bytes as they are. */
export function plainBody(bytes: Uint8Array): Body {
  return {
    length: bytes.length,
    pieces: () => [bytes],
  };
}

/** Head and tail go with the pieces beside them: each piece is a write, and the usual picture is one. */
function joinBody(head: Buffer, media: Uint8Array, rest: string): Body {
  const tail = Buffer.from(rest);
  const base64Length = 4 * Math.ceil(media.length / 3);
  return {
    length: head.length + base64Length + tail.length,
    *pieces() {
      let before = head;
      let start = 0;
      for (; start + MEDIA_CHUNK_BYTES < media.length; start += MEDIA_CHUNK_BYTES) {
        yield encodePiece(before, media.subarray(start, start + MEDIA_CHUNK_BYTES));
        before = NOTHING;
      }
      yield encodePiece(before, media.subarray(start), tail);
    },
  };
}

const NOTHING = Buffer.alloc(0);

function encodePiece(before: Buffer, media: Uint8Array, after = NOTHING): Buffer {
  const { buffer, byteOffset, length } = media;
  const text = Buffer.from(buffer, byteOffset, length).toString('base64');
  const piece = Buffer.allocUnsafeSlow(before.length + text.length + after.length);
  before.copy(piece);
  piece.write(text, before.length, 'latin1');
  after.copy(piece, before.length + text.length);
  return piece;
}
