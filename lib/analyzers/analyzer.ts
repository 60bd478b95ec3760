import * as z from 'zod/mini';
import type { Clip, MediumName, Pages } from '../analysis/source.ts';
import type { AnswerSettings, Question, Resolution, Thinking } from '../model/model.ts';

const made = new WeakMap<z.core.$ZodType, object>();

/** The JSON Schema that is sent with a question; made once of each, for that takes longer than all else of a question. */
export function jsonSchemaOf(schema: z.core.$ZodType): object {
  const known = made.get(schema);
  if (known) return known;
  const described = z.toJSONSchema(schema);
  made.set(schema, described);
  return described;
}

export interface AnalyzerAnswer {
  /** What the client reads, by the API's names. */
  result: Record<string, unknown>;
  /** One sentence for lists. */
  caption: string;
  /** Words in the picture that address its reader, as a short note; absent where none were seen. */
  instructionsInImage?: string;
}

/** What a client said beside the picture. */
export interface Asked {
  /** A question or an instruction. */
  question?: string | undefined;
  /** As the analyzer's `options` gave them out. */
  options?: unknown;
  /** What kind of file it is; left out: a picture. */
  medium?: MediumName | undefined;
  /** Of a document, where not all pages are looked at. */
  pages?: Pages | undefined;
  /** Of a video or a recording, where not all of it is looked at. */
  clip?: Clip | undefined;
  /** Of a video or a recording. */
  durationSeconds?: number | undefined;
}

/** The question of an analyzer about one file. */
export interface AnalyzerQuestion extends Question {
  /** Checks the model's JSON; throws a ZodError where it is not what was asked for. */
  parse(json: unknown): AnalyzerAnswer;
}

/** A way to look at a picture: what is asked of the model, and what its answer must be. */
export interface Analyzer extends AnswerSettings {
  name: string;
  /** Goes up with every change of prompt or schema: the same picture may then get another answer. */
  version: number;
  /** One sentence for those who choose. */
  description: string;
  /** What it takes. */
  media: readonly MediumName[];
  /** What it needs to be told with each picture; absent where it takes nothing. */
  options?: z.ZodMiniType;
  createQuestion(asked: Asked): AnalyzerQuestion;
  mediaResolution: Resolution;
  thinking: Thinking;
  maxOutputTokens: number;
}
