import * as z from 'zod/mini';
import { type Analyzer, type AnalyzerAnswer, jsonSchemaOf } from './analyzer.ts';
import {
  cut,
  instructionsInImage,
  MAX_SHORT_LENGTH,
  MAX_TEXT_LENGTH,
  modelBox,
  RULES,
  reportInstructions,
  toBox,
  withQuestion,
} from './words.ts';

/** Of what is stored, in items. */
const MAX_BLOCKS = 200;
const MAX_LANGUAGES = 10;
/** Characters of the text that a list shows. */
const CAPTION_CHARACTERS = 80;

const blocks = z.array(
  z.object({
    text: z.string().check(z.describe('As it is written, line by line, in its own language')),
    kind: z.enum(['heading', 'paragraph', 'list', 'table', 'label', 'handwriting', 'other']),
    box_2d: modelBox,
  }),
);
const ALL_BLOCKS = `All legible text in the order of reading, at most ${MAX_BLOCKS} blocks; empty if none`;

const answer1 = z.object({
  languages: z
    .array(z.string())
    .check(z.describe('BCP 47 codes of the languages of the text; empty if none')),
  blocks: blocks.check(z.describe(ALL_BLOCKS)),
  instructions_in_image: instructionsInImage,
});
const answer = z.extend(answer1, {
  blocks: z
    .nullable(blocks)
    .check(z.describe(`${ALL_BLOCKS}, null if it cannot be told whether there is any`)),
});

const RULES_1 = `You read the text in pictures for software that takes your answer as JSON.

${RULES}
- Copy text letter by letter: no translation, no correction, no completion of what cannot be read.
- A block is what belongs together: a heading, a paragraph, a cell of a form. Columns are read one after the other.
- Every "box_2d" is [ymin, xmin, ymax, xmax], integers from 0 to 1000, origin top left.`;

const OPEN = `- Where the picture is too dark, too blurred or too small to tell whether there is text in it, "blocks" is null. \
A picture without text has an empty list.`;

export const readText1 = createReadText(1, answer1, RULES_1);
export const readText = createReadText(2, answer, `${RULES_1}\n${OPEN}`);

function createReadText(
  version: number,
  schema: typeof answer | typeof answer1,
  instructions: string,
): Analyzer {
  return {
    name: 'read-text',
    version,
    media: ['image'],
    description: 'All legible text, in blocks with boxes and in the order of reading.',
    mediaResolution: 'high', // small print
    thinking: 'low',
    maxOutputTokens: 16_384,
    createQuestion: ({ question }) => ({
      instructions,
      prompt: withQuestion('Read the text in this picture.', question),
      answerSchema: jsonSchemaOf(schema),
      parse: (json) => toAnswer(schema.parse(json)),
    }),
  };
}

function toAnswer({
  languages,
  blocks,
  instructions_in_image,
}: z.infer<typeof answer>): AnalyzerAnswer {
  const report = reportInstructions(instructions_in_image);
  if (blocks === null)
    return {
      caption: 'Text: not read.',
      result: { text: null, languages: [], blocks: [] },
      ...report,
    };
  const read = blocks
    .map(({ text, kind, box_2d }) => ({
      text: cut(text, MAX_TEXT_LENGTH),
      kind,
      box: toBox(box_2d),
    }))
    .filter(({ text }) => text !== '')
    .slice(0, MAX_BLOCKS)
    .map((block, index) => ({ order: index + 1, ...block }));
  const text = cut(read.map((block) => block.text).join('\n'), MAX_TEXT_LENGTH);
  const named = languages
    .map((language) => cut(language, MAX_SHORT_LENGTH))
    .slice(0, MAX_LANGUAGES);
  return {
    caption: text
      ? `Text: ${cut(text.replaceAll(/\s+/g, ' '), CAPTION_CHARACTERS)}`
      : 'No legible text.',
    result: { text, languages: named, blocks: read },
    ...report,
  };
}
