import { MEDIA_CHUNK_BYTES } from './limits.ts';
import { toGeminiSchema } from './schema.ts';

export type ThinkingLevel = 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH';

export interface ModelRequest {
  systemInstruction: string;
  prompt: string;
  media: { mediaType: string; bytes: Uint8Array };
  responseJsonSchema: object;
  mediaResolution?: string | undefined;
  /** LOW unless given: boxes get worse with more of it, and it is paid for. */
  thinkingLevel?: ThinkingLevel | undefined;
  /** Thinking included. */
  maxOutputTokens?: number | undefined;
  /** In order, in place of the stage's. */
  models?: readonly string[] | undefined;
}

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
  stream(): AsyncIterable<Uint8Array>;
}

/**
 * The body of generateContent. The media's base64 is never in memory as a whole: it is written piece by
 * piece between the rest: 25 MB of media cost some 45 MB at their peak, and 100 as one string.
 */
export function createBody(request: ModelRequest): (variant: Variant) => Body {
  const { mediaType, bytes } = request.media;
  const head = `{"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":${JSON.stringify(mediaType)},"data":"`;
  const systemInstruction = JSON.stringify({ parts: [{ text: request.systemInstruction }] });
  const responseJsonSchema = toGeminiSchema(request.responseJsonSchema);

  return ({ maxOutputTokens, thinkingLevel, repair }) => {
    const texts = [request.prompt, ...(repair ? [repair] : [])];
    const generationConfig = JSON.stringify({
      maxOutputTokens,
      responseMimeType: 'application/json',
      responseJsonSchema,
      mediaResolution: request.mediaResolution,
      thinkingConfig: { thinkingLevel },
    });
    const tail =
      `"}},${texts.map((text) => JSON.stringify({ text })).join(',')}]}],` +
      `"systemInstruction":${systemInstruction},"generationConfig":${generationConfig}}`;
    return joinBody(Buffer.from(head), bytes, Buffer.from(tail));
  };
}

function joinBody(head: Buffer, media: Uint8Array, tail: Buffer): Body {
  const base64Length = 4 * Math.ceil(media.length / 3);
  return {
    length: head.length + base64Length + tail.length,
    async *stream() {
      yield head;
      for (let start = 0; start < media.length; start += MEDIA_CHUNK_BYTES)
        yield encodePiece(media.subarray(start, start + MEDIA_CHUNK_BYTES));
      yield tail;
    },
  };
}

function encodePiece({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(Buffer.from(buffer, byteOffset, length).toString('base64'), 'latin1');
}
