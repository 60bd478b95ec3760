import { $ZodError } from 'zod/v4/core';
import type { ServiceError } from '../errors.ts';
import { createFault } from './errors.ts';
import { ENLARGED_OUTPUT_FACTOR, MAX_ENLARGED_OUTPUT_TOKENS, MAX_QUOTED_LENGTH } from './limits.ts';
import type { ThinkingLevel } from './models.ts';
import type { Variant } from './request.ts';
import type { Reply } from './response.ts';

type Send = (variant: Variant) => Promise<Reply>;

interface Conversation<T> {
  send: Send;
  parse(json: unknown): T;
  first: Variant;
  /** A level below this one, where the model has one. */
  lessThinking(level: ThinkingLevel): ThinkingLevel | undefined;
  /** Whether an answer that cannot be used may be sent back once. */
  mayRepair: boolean;
}

/**
 * Asks until there is a value, with at most one call more for each of the two things that go wrong:
 * an answer cut short gets more tokens or less thinking, one that does not fit the schema is told why.
 * Asking the same again would mostly bring the same, and be paid for (googleapis/python-genai#2266).
 * After that: `model_output_invalid`.
 */
export async function converse<T>(talk: Conversation<T>): Promise<{ value: T; reply: Reply }> {
  let variant = talk.first;
  for (let wasCut = false; ; ) {
    const reply = await talk.send(variant);
    if (reply.isCut) {
      if (wasCut) throw refuse('stop', 'cut short twice');
      wasCut = true;
      variant = makeRoom(variant, talk);
      continue;
    }
    const outcome = tryParse(reply.text, talk.parse);
    if ('value' in outcome) return { value: outcome.value, reply };
    if (!talk.mayRepair || variant.repair !== undefined)
      throw refuse('next_model', outcome.problem);
    variant = askForRepair(variant, outcome.problem);
  }
}

/** A larger cap, or where there is none, less thinking, which counts against it. */
function makeRoom(
  variant: Variant,
  { lessThinking }: Pick<Conversation<unknown>, 'lessThinking'>,
): Variant {
  const { maxOutputTokens } = variant;
  const more = Math.min(MAX_ENLARGED_OUTPUT_TOKENS, maxOutputTokens * ENLARGED_OUTPUT_FACTOR);
  if (more > maxOutputTokens) return { ...variant, maxOutputTokens: more };
  const thinkingLevel = lessThinking(variant.thinkingLevel);
  if (thinkingLevel) return { ...variant, thinkingLevel };
  throw refuse('stop', 'cut short at the largest size');
}

function askForRepair(variant: Variant, problem: string): Variant {
  const repair =
    `Your last answer could not be used: ${problem}. ` +
    'Answer again, with one JSON object that matches the response schema and nothing else.';
  return { ...variant, repair };
}

function tryParse<T>(
  text: string,
  parse: (json: unknown) => T,
): { value: T } | { problem: string } {
  try {
    return { value: parse(JSON.parse(withoutFence(text))) };
  } catch (error) {
    return { problem: nameProblem(error) };
  }
}

/** Some models wrap their JSON in Markdown all the same. No expression: the text may be made to stall one. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  const start = trimmed.indexOf('\n');
  const isFenced = /^```(?:json)?$/.test(trimmed.slice(0, Math.max(0, start)).trimEnd());
  return isFenced && trimmed.endsWith('```') ? trimmed.slice(start, -3) : text;
}

/** Where it is wrong, never what stands there: the words come from the picture, and this goes to the log. */
function nameProblem(error: unknown): string {
  if (!(error instanceof $ZodError)) return 'it is not valid JSON';
  const issues = error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  return issues.join('; ').slice(0, MAX_QUOTED_LENGTH);
}

function refuse(remedy: 'stop' | 'next_model', problem: string): ServiceError {
  const reason = `The model's answer could not be used: ${problem}`;
  return createFault('model_output_invalid', { remedy, reason });
}
