import * as z from 'zod/mini';
import type { AnalyzerQuestion, Asked } from './analyzer.ts';
import { createAnswerCheck } from './answer-check.ts';
import { findSchemaFaults } from './check-schema.ts';
import { resolveSchema } from './resolve-schema.ts';
import type { JsonSchema } from './schema-keywords.ts';
import {
  cut,
  instructionsInImage,
  MAX_CAPTION_LENGTH,
  reportInstructions,
  withQuestion,
} from './words.ts';

/** A schema as a client gives it; faults name the place as a JSON Pointer. */
export const clientSchema = z.custom<JsonSchema>().check(
  (context) => {
    for (const { pointer, message } of findSchemaFaults(context.value))
      context.issues.push({ code: 'custom', path: [`#${pointer}`], message, input: context.value });
  },
  z.meta({
    type: 'object',
    description: 'A JSON Schema of the parts that docs/analyzers.md names',
  }),
);

const caption = z
  .string()
  .check(z.trim(), z.minLength(1), z.describe('One sentence that says what was found'));

/** A question by a client's schema: its answer is `result`, with the service's own fields around it. */
export function createSchemaQuestion(
  schema: JsonSchema,
  instructions: string,
  task: string,
  { question }: Asked,
): AnalyzerQuestion {
  const resolved = resolveSchema(schema);
  const words = { caption, instructions_in_image: instructionsInImage };
  const { caption: first, instructions_in_image: last } =
    z.toJSONSchema(z.object(words)).properties ?? {};
  const answer = z.object({ ...words, result: createAnswerCheck(resolved) });
  return {
    instructions,
    prompt: withQuestion(task, question),
    answerSchema: {
      type: 'object',
      properties: { caption: first, result: resolved, instructions_in_image: last },
      required: ['caption', 'result', 'instructions_in_image'],
    },
    parse(json) {
      const { caption, result, instructions_in_image } = answer.parse(json);
      const report = reportInstructions(instructions_in_image);
      return { caption: cut(caption, MAX_CAPTION_LENGTH), result, ...report };
    },
  };
}
