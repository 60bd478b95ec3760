import * as z from 'zod/mini';
import { clientSchema } from './client-schema.ts';
import { isSchema, type JsonSchema } from './schema-keywords.ts';

export const MAX_ANALYZER_PROMPT_CHARACTERS = 8_000;
const MAX_MODELS = 10;
const MAX_MODEL_CHARACTERS = 100;
/** Output tokens, thinking included: fewer are used up by the thinking alone. */
const MIN_OUTPUT_TOKENS = 512;
const MAX_OUTPUT_TOKENS = 32_768;

const models = z
  .array(z.string().check(z.minLength(1), z.maxLength(MAX_MODEL_CHARACTERS)))
  .check(z.minLength(1), z.maxLength(MAX_MODELS));
const settings = {
  /** What to look for, in the client's words. */
  prompt: z.string().check(z.trim(), z.minLength(1), z.maxLength(MAX_ANALYZER_PROMPT_CHARACTERS)),
  /** In order; left out: as the stage has them. */
  models: z.optional(models),
  /** Tokens of a picture: 280, 560 or 1,120. */
  mediaResolution: z._default(z.enum(['low', 'medium', 'high']), 'high'),
  thinking: z._default(z.enum(['minimal', 'low', 'medium', 'high']), 'low'),
  maxOutputTokens: z._default(
    z.int().check(z.minimum(MIN_OUTPUT_TOKENS), z.maximum(MAX_OUTPUT_TOKENS)),
    8_192,
  ),
};

/** `PUT /v1/analyzers/{name}`: what is not known here is refused, so that no setting is lost by a typing error. */
export const newDefinition = z.strictObject({
  ...settings,
  /** Twice in the list, a model that failed would be asked the same again. */
  models: z.optional(
    models.check(
      z.refine((names) => new Set(names).size === names.length, 'may hold each model once'),
    ),
  ),
  schema: clientSchema,
});

/** As it is stored: checked when it came, by the rules of that day. */
export const analyzerDefinition = z.object({
  ...settings,
  schema: z.custom<JsonSchema>(isSchema),
});
export type NewDefinition = z.output<typeof newDefinition>;
export type AnalyzerDefinition = z.output<typeof analyzerDefinition>;
