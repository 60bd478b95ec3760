import type { Clip } from '../analysis/source.ts';
import type { Media, ModelRequest, Question, Resolution, Thinking } from '../model/model.ts';
import { MAX_REPAIR_BYTES, MEDIA_CHUNK_BYTES } from './limits.ts';
import { countMediaTokens } from './media-tokens.ts';
import { fitResolution, fitThinking, type MediaResolution, type ThinkingLevel } from './models.ts';

/**
 * The keywords that Gemini takes without fail. Bounds such as maxItems, pattern or minimum are answered
 * with a bare 400 at times (vercel/ai#21192, googleapis/python-genai#2170): they are checked here, when
 * the answer comes, and the descriptions tell the model of them.
 */
const KEPT = new Set(['type', 'format', 'title', 'description', 'enum', 'required', '$ref']);
const HOLDS_SCHEMA = new Set(['items', 'additionalProperties']);
const LISTS_OF_SCHEMAS = new Set(['anyOf', 'oneOf', 'prefixItems']);
const NAMED_SCHEMAS = new Set(['properties', '$defs']);

/** A JSON Schema without what Gemini refuses. Names of properties stay, whatever they are. */
export function toGeminiSchema(schema: unknown): unknown {
  if (!isRecord(schema)) return schema;
  const kept = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (KEPT.has(keyword)) return [[keyword, value]];
    const child = convertChild(keyword, value);
    return child === undefined ? [] : [[keyword, child]];
  });
  return Object.fromEntries(kept);
}

function convertChild(keyword: string, value: unknown): unknown {
  // `items: false`, which closes a tuple, is a bound like any other.
  if (HOLDS_SCHEMA.has(keyword) && isRecord(value)) return toGeminiSchema(value);
  if (LISTS_OF_SCHEMAS.has(keyword) && Array.isArray(value)) return value.map(toGeminiSchema);
  if (!NAMED_SCHEMAS.has(keyword) || !isRecord(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [name, toGeminiSchema(child)]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A request in the words of one model. */
interface FittedRequest extends Omit<ModelRequest, 'mediaResolution' | 'thinking'> {
  mediaResolution: MediaResolution | undefined;
  thinkingLevel: ThinkingLevel;
}

const MEDIA_RESOLUTIONS: Record<Resolution, MediaResolution> = {
  low: 'MEDIA_RESOLUTION_LOW',
  medium: 'MEDIA_RESOLUTION_MEDIUM',
  high: 'MEDIA_RESOLUTION_HIGH',
};
const THINKING_LEVELS: Record<Thinking, ThinkingLevel> = {
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
};

/** By the levels that the model takes: it answers 400 to all others. */
export function fitRequest(request: ModelRequest, model: string): FittedRequest {
  const { mediaResolution, thinking = 'low', ...rest } = request;
  return {
    ...rest,
    mediaResolution: mediaResolution && fitResolution(model, MEDIA_RESOLUTIONS[mediaResolution]),
    thinkingLevel: fitThinking(model, THINKING_LEVELS[thinking]),
  };
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
  request: FittedRequest,
  store = false,
): (variant: Variant, omitted?: ReadonlySet<OptionalField>) => Body {
  const { head, bytes, tail: afterMedia } = describeMedia(request.media);
  const systemInstruction = JSON.stringify({ parts: [{ text: request.instructions }] });
  const responseJsonSchema = toGeminiSchema(request.answerSchema);

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
function describeMedia({ mediaType: mimeType, clip, ...media }: Media) {
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

/** Tokens of a picture that is looked at most closely: what counts for one of which nobody says. */
const DEAREST_PICTURE_TOKENS = 2_240;

type TokenBound = (variant: Pick<Variant, 'maxOutputTokens'>) => {
  inputTokens: number;
  outputTokens: number;
};

interface Bounded extends Question, Pick<ModelRequest, 'mediaResolution'> {
  media: Pick<Media, 'clip' | 'measures'>;
}

/**
 * The most tokens that a call can be billed for: no tokenizer makes more than one token of a byte, and
 * what is written, thinking included, ends at the cap that the call sets.
 */
export function boundTokens(request: Bounded): TokenBound {
  const { instructions, prompt, answerSchema } = request;
  const words = [instructions, prompt, JSON.stringify(answerSchema)];
  const bytes = words.reduce((sum, text) => sum + Buffer.byteLength(text), MAX_REPAIR_BYTES);
  const inputTokens = bytes + boundMediaTokens(request);
  return ({ maxOutputTokens }) => ({ inputTokens, outputTokens: maxOutputTokens });
}

function boundMediaTokens({ media: { measures, clip }, mediaResolution }: Bounded): number {
  if (!measures || !mediaResolution) return DEAREST_PICTURE_TOKENS;
  return countMediaTokens(measures, mediaResolution, clip);
}
