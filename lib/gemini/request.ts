import { toGeminiSchema } from './schema.ts';

export interface ModelRequest {
  systemInstruction: string;
  prompt: string;
  media: { mediaType: string; bytes: Uint8Array };
  responseJsonSchema: object;
  mediaResolution?: string | undefined;
  /** Thinking included. */
  maxOutputTokens?: number | undefined;
}

/** How a further call differs from the first. */
export interface Variant {
  maxOutputTokens: number;
  /** What was wrong with the last answer, for the model. */
  repair?: string;
}

/**
 * The body of generateContent, built by concatenation around the base64 of the media: JSON.stringify
 * would copy and scan it again, at two to three times the cost. The base64 is made once for all tries.
 */
export function createBody(request: ModelRequest): (variant: Variant) => string {
  const { mediaType, bytes } = request.media;
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  const inlineData = `{"inlineData":{"mimeType":${JSON.stringify(mediaType)},"data":"${data}"}}`;
  const systemInstruction = JSON.stringify({ parts: [{ text: request.systemInstruction }] });
  const responseJsonSchema = toGeminiSchema(request.responseJsonSchema);

  return ({ maxOutputTokens, repair }) => {
    const texts = [request.prompt, ...(repair ? [repair] : [])];
    const parts = [inlineData, ...texts.map((text) => JSON.stringify({ text }))].join(',');
    const generationConfig = JSON.stringify({
      maxOutputTokens,
      responseMimeType: 'application/json',
      responseJsonSchema,
      mediaResolution: request.mediaResolution,
      thinkingConfig: { thinkingLevel: 'LOW' }, // boxes get worse with more of it
    });
    return (
      `{"contents":[{"role":"user","parts":[${parts}]}],` +
      `"systemInstruction":${systemInstruction},"generationConfig":${generationConfig}}`
    );
  };
}
