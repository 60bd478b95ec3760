export type MediaResolution =
  | 'MEDIA_RESOLUTION_LOW'
  | 'MEDIA_RESOLUTION_MEDIUM'
  | 'MEDIA_RESOLUTION_HIGH';

export interface AnalyzerAnswer {
  /** What the client reads, by the API's names. */
  result: Record<string, unknown>;
  /** One sentence for lists. */
  caption: string;
  /** Words in the picture that address its reader, as a short note; absent where none were seen. */
  instructionsInImage?: string;
}

/** A way to look at a picture: what is asked of the model, and what its answer must be. */
export interface Analyzer {
  name: string;
  /** Goes up with every change of prompt or schema: the same picture may then get another answer. */
  version: number;
  /** The instructions, apart from the picture and the client's words. */
  systemInstruction: string;
  promptFor(question?: string): string;
  jsonSchemaFor(question?: string): object;
  /** Checks the model's JSON; throws where it is not what was asked for. */
  parse(json: unknown, question?: string): AnalyzerAnswer;
  mediaResolution: MediaResolution;
  maxOutputTokens: number;
}
