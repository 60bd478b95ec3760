import * as z from 'zod/mini';
import { type Analyzer, type AnalyzerAnswer, type Asked, jsonSchemaOf } from './analyzer.ts';
import {
  cut,
  enclose,
  instructionsInImage,
  MAX_CAPTION_LENGTH,
  MAX_SHORT_LENGTH,
  MAX_TEXT_LENGTH,
  RULES,
  reportInstructions,
} from './words.ts';

/**
 * Pages whose whole text is asked for: a model writes some 12,000 tokens in the minute that a call may take.
 * Who wants the text of a longer document asks for it by ranges of pages.
 */
const MAX_WHOLE_TEXT_PAGES = 20;

const page = z.int().check(z.minimum(1), z.describe('Which page, from 1, as they lie before you'));

/** The model's answer, and the source of the JSON Schema that is sent with the question. */
const describeDocumentAnswer1 = z.object({
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
const describeDocumentAnswer = z.extend(describeDocumentAnswer1, {
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
const reply = {
  answer: z
    .string()
    .check(
      z.trim(),
      z.minLength(1),
      z.describe("The answer to the client's question, from the document"),
    ),
};

/** Bounds of what is stored, in items. */
const MAX_PAGES = 1_000;
const MAX_TABLES = 100;
const MAX_TABLE_ROWS = 500;
const MAX_TABLE_COLUMNS = 50;
const MAX_FIELDS = 500;

const RULES_1 = `You read documents for software that takes your answer as JSON. All that is said of pictures holds for each of its pages.

${RULES}
- "pages" has an entry for each page, numbered from 1 as the pages lie before you, whatever number is printed on them.
- Up to ${MAX_WHOLE_TEXT_PAGES} pages, "text" is all legible text of the page, letter by letter and line by line. In a longer document it is what the page is about, in at most twenty words of its language.
- "tables" holds what is laid out in rows and columns, cell by cell as it is written; an empty cell is an empty text.
- "fields" holds what is named and has a value: dates, amounts, numbers, parties, boxes that are filled in.`;

const OPEN = `- What cannot be read, because the page is too dark, too blurred or too small for it, is left open and never guessed: \
null for a text or a title, und for the language. A page without text has an empty text.`;

export const describeDocument1 = createDescribeDocument(1, describeDocumentAnswer1, RULES_1);
export const describeDocument = createDescribeDocument(
  2,
  describeDocumentAnswer,
  `${RULES_1}\n${OPEN}`,
);

function createDescribeDocument(
  version: number,
  plain: typeof describeDocumentAnswer | typeof describeDocumentAnswer1,
  instructions: string,
): Analyzer {
  const withReply = z.extend(plain, reply);
  return {
    name: 'describe-document',
    version,
    description: 'Type, language, summary, text by page, tables and fields of a PDF.',
    media: ['document'],
    mediaResolution: 'medium', // Google's advice: more finds no more text
    thinking: 'low',
    maxOutputTokens: 16_384,
    createQuestion: (asked: Asked) => {
      const { question } = asked;
      const schema = question ? withReply : plain;
      return {
        instructions,
        prompt: question ? askAbout(question) : 'Describe this document.',
        answerSchema: jsonSchemaOf(schema),
        parse: (json) => {
          const { answer, ...model } = { answer: undefined, ...schema.parse(json) };
          const described = toAnswer(model, (asked.pages?.first ?? 1) - 1);
          if (answer === undefined) return described;
          return {
            ...described,
            result: { ...described.result, answer: cut(answer, MAX_TEXT_LENGTH) },
          };
        },
      };
    },
  };
}

function askAbout(question: string): string {
  return `Describe this document and answer the client's question.\n${enclose('question', question)}`;
}

type ModelAnswer = z.infer<typeof describeDocumentAnswer>;

/** The model counts the pages that it was given; `skipped` lie before them in the document. */
function toAnswer(model: ModelAnswer, skipped: number): AnalyzerAnswer {
  const caption = cut(model.caption, MAX_CAPTION_LENGTH);
  const place = ({ page }: { page: number }) => page + skipped;
  return {
    caption,
    result: {
      caption,
      type: cut(model.type, MAX_SHORT_LENGTH),
      title: model.title === null ? null : cut(model.title, MAX_SHORT_LENGTH),
      language: cut(model.language, MAX_SHORT_LENGTH),
      summary: cut(model.summary, MAX_TEXT_LENGTH),
      pages: listPages(model.pages).map((page) => ({ ...page, page: place(page) })),
      tables: model.tables.slice(0, MAX_TABLES).map((table) => ({
        page: place(table),
        title: cut(table.title, MAX_SHORT_LENGTH),
        ...layOut(table),
      })),
      fields: model.fields.slice(0, MAX_FIELDS).map((field) => ({
        page: place(field),
        name: cut(field.name, MAX_SHORT_LENGTH),
        value: cut(field.value, MAX_TEXT_LENGTH),
      })),
    },
    ...reportInstructions(model.instructions_in_image),
  };
}

/** Each page once, in order. */
function listPages(pages: ModelAnswer['pages']) {
  const byNumber = new Map(pages.toReversed().map(({ page, text }) => [page, text]));
  return [...byNumber]
    .map(([page, text]) => ({ page, text: text === null ? null : cut(text, MAX_TEXT_LENGTH) }))
    .sort((one, other) => one.page - other.page)
    .slice(0, MAX_PAGES);
}

function layOut({ columns, rows }: ModelAnswer['tables'][number]) {
  const write = (cells: readonly string[]) =>
    cells.slice(0, MAX_TABLE_COLUMNS).map((cell) => cut(cell, MAX_TEXT_LENGTH));
  return { columns: write(columns), rows: rows.slice(0, MAX_TABLE_ROWS).map(write) };
}
