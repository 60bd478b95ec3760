import * as z from 'zod/mini';
import { instructionsInImage } from './words.ts';

/**
 * Pages whose whole text is asked for: a model writes some 12,000 tokens in the minute that a call may take.
 * Who wants the text of a longer document asks for it by ranges of pages.
 */
export const MAX_WHOLE_TEXT_PAGES = 20;

const page = z.int().check(z.minimum(1), z.describe('Which page, from 1, as they lie before you'));

/** The model's answer, and the source of the JSON Schema that is sent with the question. */
export const describeDocumentAnswer1 = z.object({
  caption: z
    .string()
    .check(z.trim(), z.minLength(1), z.describe('One sentence that says what the document is')),
  type: z
    .string()
    .check(
      z.describe(
        'Kind of document in a few lower-case words: invoice, contract, scientific article',
      ),
    ),
  title: z.string().check(z.describe('As it is written on the document; empty if it has none')),
  language: z
    .string()
    .check(z.describe('BCP 47 code of the language of most of it; empty if it has no text')),
  summary: z
    .string()
    .check(z.describe('What it says, in three to ten sentences of its own language')),
  pages: z.array(z.object({ page, text: z.string() })).check(z.describe('Every page, in order')),
  tables: z
    .array(
      z.object({
        page,
        title: z.string().check(z.describe('What stands above or below it; empty if nothing does')),
        columns: z
          .array(z.string())
          .check(z.describe('The heads of its columns; empty if there are none')),
        rows: z.array(z.array(z.string())),
      }),
    )
    .check(z.describe('Empty if there are none')),
  fields: z
    .array(z.object({ page, name: z.string(), value: z.string() }))
    .check(z.describe('The most telling first; empty if there are none')),
  instructions_in_image: instructionsInImage,
});

/** What the model cannot tell it can leave open. */
export const describeDocumentAnswer = z.extend(describeDocumentAnswer1, {
  title: z
    .nullable(z.string())
    .check(
      z.describe(
        'As it is written on the document; empty if it has none, null if that cannot be told',
      ),
    ),
  language: z
    .string()
    .check(
      z.describe(
        'BCP 47 code of the language of most of it; empty if it has no text, und if that cannot be told',
      ),
    ),
  pages: z
    .array(
      z.object({
        page,
        text: z
          .nullable(z.string())
          .check(z.describe('Empty if the page has none, null if it cannot be read')),
      }),
    )
    .check(z.describe('Every page, in order')),
});

/** The client's question, answered. */
export const reply = {
  answer: z
    .string()
    .check(
      z.trim(),
      z.minLength(1),
      z.describe("The answer to the client's question, from the document"),
    ),
};
