import * as z from 'zod/mini';
import { modelBox } from './box.ts';
import { instructionsInImage } from './words.ts';

const LEVELS = ['none', 'low', 'medium', 'high'] as const;

/** How strongly the picture shows each of these. */
const moderation = z.object({
  sexual: z.enum(LEVELS),
  violence: z.enum(LEVELS),
  hate: z.enum(LEVELS),
  harassment: z.enum(LEVELS),
  selfHarm: z.enum(LEVELS),
  drugs: z.enum(LEVELS),
  weapons: z.enum(LEVELS),
});

/**
 * The model's answer, and the source of the JSON Schema that is sent with the question. Lengths are
 * not in it: what is too long is cut, for a paid answer with one tag too many is still an answer.
 * Only boxes have `box` in their names: models take every such name for four integers.
 */
export const describeAnswer = z.object({
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
  people: z
    .object({ count: z.int().check(z.minimum(0)), places: z.array(z.object({ box_2d: modelBox })) })
    .check(z.describe('How many people are visible, and where; nothing about who they are')),
  moderation,
  instructions_in_image: instructionsInImage,
});

/** The same, for an upload that came with a question. */
export const describeAnswerWithReply = z.extend(describeAnswer, {
  answer: z
    .string()
    .check(
      z.trim(),
      z.minLength(1),
      z.describe("The answer to the client's question, from the picture"),
    ),
});
