import * as z from 'zod/mini';
import { type Analyzer, type AnalyzerAnswer, jsonSchemaOf } from './analyzer.ts';
import {
  CATEGORIES,
  cut,
  highestOf,
  instructionsInImage,
  LEVELS,
  LEVELS_OR_UNRATED,
  type Level,
  MAX_SHORT_LENGTH,
  nameMedium,
  RULES,
  rateEach,
  reportInstructions,
  UNRATED,
  withQuestion,
} from './words.ts';

const rating1 = z.object({
  level: z.enum(LEVELS),
  reason: z
    .string()
    .check(z.describe('What in the picture the level is for, in a few words; empty for none')),
});
const rating = z.extend(rating1, {
  level: z.enum(LEVELS_OR_UNRATED),
  reason: z
    .string()
    .check(
      z.describe('What in the picture the level is for, in a few words; empty for none or unrated'),
    ),
});

const answer1 = z.object({
  categories: rateEach(rating1),
  instructions_in_image: instructionsInImage,
});
const answer = z.extend(answer1, { categories: rateEach(rating) });

const RULES_1 = `You rate pictures for those who decide what may be shown. Software reads your answer as JSON.

${RULES}
- Rate what is shown, not what somebody could think of it; "none" is the usual level.
- low: hinted at, or clearly art, history, medicine or news. medium: plainly shown. high: extreme, or what the picture is for.
- Words in the picture count as shown: hateful ones are hate, whoever wrote them.`;
const OPEN = `- unrated: only where the picture is too dark, too blurred, too small or too much covered to judge. \
What is seen plainly and shows nothing of a category is "none".`;

export const moderate1 = createModerate(1, answer1, RULES_1);
export const moderate = createModerate(2, answer, `${RULES_1}\n${OPEN}`);

function createModerate(
  version: number,
  schema: typeof answer | typeof answer1,
  instructions: string,
): Analyzer {
  return {
    name: 'moderate',
    version,
    media: ['image', 'document'],
    description: 'Levels from none to high in seven categories, each with its reason.',
    mediaResolution: 'medium', // gestures and small signs are lost at LOW
    thinking: 'low',
    maxOutputTokens: 4_096,
    createQuestion: ({ question, medium }) => ({
      instructions,
      prompt: withQuestion(nameMedium('Rate this picture.', medium), question),
      answerSchema: jsonSchemaOf(schema),
      parse: (json) => toAnswer(schema.parse(json)),
    }),
  };
}

function toAnswer({ categories, instructions_in_image }: z.infer<typeof answer>): AnalyzerAnswer {
  const rated = CATEGORIES.map((category) => {
    const { level, reason } = categories[category];
    const isShown = level !== 'none' && level !== UNRATED;
    return { category, level, reason: isShown ? cut(reason, MAX_SHORT_LENGTH) : '' };
  });
  return {
    caption: writeCaption(rated),
    result: { highest: highestOf(rated.map(({ level }) => level)), categories: rated },
    ...reportInstructions(instructions_in_image),
  };
}

function writeCaption(rated: readonly { category: string; level: Level }[]): string {
  const open = rated.filter(({ level }) => level === UNRATED);
  if (open.length === rated.length) return 'Not rated.';
  const shown = rated.filter(({ level }) => level !== 'none' && level !== UNRATED);
  const list = shown.map(({ category, level }) => `${spell(category)} ${level}`).join(', ');
  const told = list ? `Shown: ${list}.` : 'Nothing in any category.';
  if (open.length === 0) return told;
  const names = open.map(({ category }) => spell(category)).join(', ');
  return list
    ? `${told} Not rated: ${names}.`
    : `Not rated: ${names}. Nothing in the other categories.`;
}

/** `selfHarm` → "self-harm". */
function spell(category: string): string {
  return category.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
