import * as z from 'zod/mini';
import { modelBox } from './box.ts';
import { LEVELS, LEVELS_OR_UNRATED, rateEach } from './moderation.ts';
import { instructionsInImage } from './words.ts';

const people = z.object({
  count: z.int().check(z.minimum(0)),
  places: z.array(z.object({ box_2d: modelBox })),
});

/**
 * The model's answer, and the source of the JSON Schema that is sent with the question. Lengths are
 * not in it: what is too long is cut, for a paid answer with one tag too many is still an answer.
 * Only boxes have `box` in their names: models take every such name for four integers.
 */
export const describeAnswer1 = z.object({
  caption: z
    .string()
    .check(z.trim(), z.minLength(1), z.describe('One sentence that says what the picture shows')),
  tags: z
    .array(z.string())
    .check(z.describe('5 to 15 short lower-case keywords, the most telling first')),
  scene: z.string().check(z.describe('Place, time of day and kind of picture, in a few words')),
  text: z
    .string()
    .check(z.describe('All legible text, line by line, in its own language; empty if none')),
  objects: z
    .array(z.object({ label: z.string(), box_2d: modelBox }))
    .check(z.describe('At most 25 objects, the most prominent first')),
  people: people.check(
    z.describe('How many people are visible, and where; nothing about who they are'),
  ),
  moderation: rateEach(z.enum(LEVELS)),
  instructions_in_image: instructionsInImage,
});

/** What the model cannot tell it can leave open. */
export const describeAnswer = z.extend(describeAnswer1, {
  text: z
    .nullable(z.string())
    .check(
      z.describe(
        'All legible text, line by line, in its own language; empty if there is none, null if that cannot be told',
      ),
    ),
  people: z
    .nullable(people)
    .check(
      z.describe(
        'How many people are visible, and where; nothing about who they are; null if that cannot be told',
      ),
    ),
  moderation: rateEach(z.enum(LEVELS_OR_UNRATED)),
});

/** The client's question, answered. */
export const reply = {
  answer: z
    .string()
    .check(
      z.trim(),
      z.minLength(1),
      z.describe("The answer to the client's question, from the picture"),
    ),
};
