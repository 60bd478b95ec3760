import * as z from 'zod/mini';
import type { Analyzer } from './analyzer.ts';
import { clientSchema, createSchemaQuestion } from './client-schema.ts';
import { nameMedium, RULES } from './words.ts';

const options = z.strictObject({ schema: clientSchema });

const INSTRUCTIONS = `You take data from pictures of documents (receipts, forms, labels, screens) for software that reads your answer as JSON.

${RULES}
- "result" holds the fields of the schema, as they are written: copy names and numbers, change only what a field's type or description asks for.
- What the document does not say is left out where the schema allows it, else null, empty or the value that claims least. Nothing is calculated or guessed.`;

export const extract: Analyzer = {
  name: 'extract',
  version: 1,
  media: ['image', 'document'],
  description:
    'The fields of a given JSON Schema, read from a receipt, a form or another document.',
  options,
  mediaResolution: 'medium', // Google's advice for documents, at half the tokens
  thinking: 'low',
  maxOutputTokens: 8_192,
  createQuestion: (asked) => {
    const { schema } = options.parse(asked.options);
    const task = nameMedium('Read the fields of this picture.', asked.medium);
    return createSchemaQuestion(schema, INSTRUCTIONS, task, asked);
  },
};
