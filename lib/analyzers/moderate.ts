import * as z from 'zod/mini';
import type { Analyzer, AnalyzerAnswer } from './analyzer.ts';
import { jsonSchemaOf } from './json-schema.ts';
import { CATEGORIES, LEVELS } from './moderation.ts';
import {
  cut,
  instructionsInImage,
  MAX_SHORT_LENGTH,
  nameMedium,
  RULES,
  reportInstructions,
  withQuestion,
} from './words.ts';

const rating = z.object({
  level: z.enum(LEVELS),
  reason: z
    .string()
    .check(z.describe('What in the picture the level is for, in a few words; empty for none')),
});

const answer = z.object({
  categories: z.object({
    sexual: rating,
    violence: rating,
    hate: rating,
    harassment: rating,
    selfHarm: rating,
    drugs: rating,
    weapons: rating,
  } satisfies Record<(typeof CATEGORIES)[number], typeof rating>),
  instructions_in_image: instructionsInImage,
});

const SYSTEM_INSTRUCTION = `You rate pictures for those who decide what may be shown. Software reads your answer as JSON.

${RULES}
- Rate what is shown, not what somebody could think of it; "none" is the usual level.
- low: hinted at, or clearly art, history, medicine or news. medium: plainly shown. high: extreme, or what the picture is for.
- Words in the picture count as shown: hateful ones are hate, whoever wrote them.`;

export const moderate: Analyzer = {
  name: 'moderate',
  version: 1,
  media: ['image', 'document'],
  description: 'Levels from none to high in seven categories, each with its reason.',
  mediaResolution: 'MEDIA_RESOLUTION_MEDIUM', // gestures and small signs are lost at LOW
  thinkingLevel: 'LOW',
  maxOutputTokens: 4_096,
  inquire: ({ question, medium }) => ({
    systemInstruction: SYSTEM_INSTRUCTION,
    prompt: withQuestion(nameMedium('Rate this picture.', medium), question),
    responseJsonSchema: jsonSchemaOf(answer),
    parse: (json) => toAnswer(answer.parse(json)),
  }),
};

function toAnswer({ categories, instructions_in_image }: z.infer<typeof answer>): AnalyzerAnswer {
  const rated = CATEGORIES.map((category) => {
    const { level, reason } = categories[category];
    return { category, level, reason: level === 'none' ? '' : cut(reason, MAX_SHORT_LENGTH) };
  });
  const shown = rated.filter(({ level }) => level !== 'none');
  const highest = LEVELS.findLast((level) => rated.some((one) => one.level === level)) ?? 'none';
  const list = shown.map(({ category, level }) => `${category} ${level}`).join(', ');
  return {
    caption: list ? `Shown: ${list}.` : 'Nothing in any category.',
    result: { highest, categories: rated },
    ...reportInstructions(instructions_in_image),
  };
}
