import * as z from 'zod';
import { clientSchema } from './client-schema.ts';
import { isSchema, type JsonSchema } from './schema-keywords.ts';

export const MAX_ANALYZER_PROMPT_CHARACTERS = 8_000;
const MAX_MODELS = 10;
const MAX_MODEL_CHARACTERS = 100;
/** Output tokens, thinking included: fewer are used up by the thinking alone. */
const MIN_OUTPUT_TOKENS = 512;
const MAX_OUTPUT_TOKENS = 32_768;

const models = z.array(z.string().min(1).max(MAX_MODEL_CHARACTERS)).min(1).max(MAX_MODELS);
const settings = {
  /** What to look for, in the client's words. */
  prompt: z.string().trim().min(1).max(MAX_ANALYZER_PROMPT_CHARACTERS),
  /** In order; left out: as the stage has them. */
  models: models.optional(),
  /** Tokens of a picture: 280, 560 or 1,120. */
  mediaResolution: z.enum(['low', 'medium', 'high']).default('high'),
  thinking: z.enum(['minimal', 'low', 'medium', 'high']).default('low'),
  maxOutputTokens: z.int().min(MIN_OUTPUT_TOKENS).max(MAX_OUTPUT_TOKENS).default(8_192),
};

/** `PUT /v1/analyzers/{name}`: what is not known here is refused, so that no setting is lost by a typing error. */
export const newDefinition = z.strictObject({
  ...settings,
  /** Twice in the list, a model that failed would be asked the same again. */
  models: models
    .refine((names) => new Set(names).size === names.length, 'may hold each model once')
    .optional(),
  schema: clientSchema,
});

/** As it is stored: checked when it came, by the rules of that day. */
export const analyzerDefinition = z.object({
  ...settings,
  schema: z.custom<JsonSchema>(isSchema),
});
export type NewDefinition = z.output<typeof newDefinition>;
export type AnalyzerDefinition = z.output<typeof analyzerDefinition>;
