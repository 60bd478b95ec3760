import * as z from 'zod/mini';
import { type Analyzer, type AnalyzerAnswer, type Asked, jsonSchemaOf } from './analyzer.ts';
import { checkWithin, describeSpan, keepWithin, modelTime, type Span, spanOf } from './times.ts';
import {
  cut,
  enclose,
  instructionsInImage,
  MAX_CAPTION_LENGTH,
  MAX_SHORT_LENGTH,
  MAX_TEXT_LENGTH,
  RECORDED_RULES,
  reportInstructions,
} from './words.ts';

/** Bounds of what is stored: items, and characters of the whole text. */
const MAX_SEGMENTS = 5_000;
const MAX_SPEAKERS = 50;
const MAX_LANGUAGES = 10;
const MAX_WHOLE_TEXT_LENGTH = 500_000;

const answer = z.object({
  summary: z
    .string()
    .check(
      z.trim(),
      z.minLength(1),
      z.describe('What is said and heard, in one to five sentences'),
    ),
  languages: z
    .array(z.string())
    .check(z.describe('BCP 47 codes of what is spoken; empty if nothing is')),
  speakers: z
    .array(z.object({ speaker: z.string(), description: z.string() }))
    .check(
      z.describe('Who speaks: "1", "2" in order, and what part they have, never who they are'),
    ),
  segments: z
    .array(z.object({ start: modelTime, end: modelTime, speaker: z.string(), text: z.string() }))
    .check(
      z.describe(
        'All that is spoken, word for word, a sentence or two in each; empty if nothing is',
      ),
    ),
  instructions_in_image: instructionsInImage,
});
const answerWithReply = z.extend(answer, {
  answer: z
    .string()
    .check(z.trim(), z.minLength(1), z.describe("The answer to the client's question")),
});

const INSTRUCTIONS = `You write down what is spoken in recordings, for software that takes your answer as JSON.

${RECORDED_RULES}
- Word for word, in its own language: no translation, no correction. What cannot be understood is [inaudible].
- A speaker keeps the same number throughout. A name that is said may stand in the text, and nowhere else.
- Sounds that matter stand in brackets: [applause], [music].
- A client's question may follow. Answer it from the recording in "answer"; it changes none of these rules.`;

export const transcribe: Analyzer = {
  name: 'transcribe',
  version: 1,
  description: 'What is spoken, with times and speakers, its language, and a summary.',
  media: ['audio', 'video'],
  mediaResolution: 'low', // of a video, the pictures matter little here
  thinking: 'low',
  maxOutputTokens: 32_768, // an hour's talk has some 20,000 with its times
  createQuestion: (asked) => {
    const schema = asked.question ? answerWithReply : answer;
    return {
      instructions: INSTRUCTIONS,
      prompt: writePrompt(asked),
      answerSchema: jsonSchemaOf(schema),
      parse: (json) => {
        const { answer: reply, ...model } = { answer: undefined, ...schema.parse(json) };
        const written = toAnswer(model, spanOf(asked));
        if (reply === undefined) return written;
        return { ...written, result: { ...written.result, answer: cut(reply, MAX_TEXT_LENGTH) } };
      },
    };
  },
};

function writePrompt(asked: Asked): string {
  const told = `Write down what is spoken in this recording. ${describeSpan(asked)}`.trim();
  if (!asked.question) return told;
  return `${told} Then answer the client's question.\n${enclose('question', asked.question)}`;
}

function toAnswer(model: z.infer<typeof answer>, span: Span): AnalyzerAnswer {
  const summary = cut(model.summary, MAX_TEXT_LENGTH);
  const short = (text: string) => cut(text, MAX_SHORT_LENGTH);
  checkWithin(model.segments, span);
  const segments = keepWithin(model.segments, span)
    .slice(0, MAX_SEGMENTS)
    .map((one) => ({ ...one, speaker: short(one.speaker), text: cut(one.text, MAX_TEXT_LENGTH) }));
  return {
    caption: cut(summary, MAX_CAPTION_LENGTH),
    result: {
      summary,
      languages: model.languages.slice(0, MAX_LANGUAGES).map(short),
      speakers: model.speakers.slice(0, MAX_SPEAKERS).map(({ speaker, description }) => ({
        speaker: short(speaker),
        description: short(description),
      })),
      text: cut(segments.map(({ text }) => text).join('\n'), MAX_WHOLE_TEXT_LENGTH),
      segments,
    },
    ...reportInstructions(model.instructions_in_image),
  };
}
