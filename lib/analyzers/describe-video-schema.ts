import * as z from 'zod/mini';
import { CATEGORIES, LEVELS } from './moderation.ts';
import { modelTime } from './times.ts';
import { instructionsInImage } from './words.ts';

const span = { start: modelTime, end: modelTime };
const appearances = z.array(z.object(span));

const people = z.object({
  count: z.int().check(z.minimum(0)),
  appearances: z.array(z.object({ ...span, count: z.int().check(z.minimum(0)) })),
});
const HOW_MANY = 'How many different people are seen, and how many of them when; nothing about who';
const moderation = z.array(
  z.object({
    ...span,
    category: z.enum(CATEGORIES),
    level: z.enum(LEVELS),
    reason: z.string().check(z.describe('What is shown or said, in a few words')),
  }),
);
const WHAT_TO_RATE = 'Only where there is something to rate; empty is the usual';

/** The model's answer, and the source of the JSON Schema that is sent with the question. */
export const describeVideoAnswer1 = z.object({
  summary: z
    .string()
    .check(z.trim(), z.minLength(1), z.describe('What happens, in two to five sentences')),
  tags: z
    .array(z.string())
    .check(z.describe('5 to 15 short lower-case keywords, the most telling first')),
  languages: z
    .array(z.string())
    .check(z.describe('BCP 47 codes of what is spoken; empty if nothing is')),
  chapters: z
    .array(z.object({ ...span, title: z.string(), summary: z.string() }))
    .check(
      z.describe(
        'The parts of the video one after the other, from its start to its end without gaps',
      ),
    ),
  objects: z
    .array(z.object({ label: z.string(), appearances }))
    .check(z.describe('At most 25 objects, the most prominent first, and when each is seen')),
  people: people.check(z.describe(HOW_MANY)),
  speech: z
    .array(z.object({ ...span, speaker: z.string(), text: z.string() }))
    .check(z.describe('What is spoken, word for word, in its own language; speakers as "1", "2"')),
  on_screen_text: z
    .array(z.object({ ...span, text: z.string() }))
    .check(z.describe('What is written in the pictures, and when it is seen')),
  moderation: moderation.check(z.describe(WHAT_TO_RATE)),
  instructions_in_image: instructionsInImage,
});

/** What the model cannot tell it can leave open. */
export const describeVideoAnswer = z.extend(describeVideoAnswer1, {
  people: z.nullable(people).check(z.describe(`${HOW_MANY}; null if that cannot be told`)),
  moderation: z
    .nullable(moderation)
    .check(z.describe(`${WHAT_TO_RATE}; null if it cannot be rated`)),
});

/** The client's question, answered. */
export const reply = {
  answer: z
    .string()
    .check(
      z.trim(),
      z.minLength(1),
      z.describe("The answer to the client's question, from the video"),
    ),
};
