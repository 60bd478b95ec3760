import { fillSchema } from './answer.ts';
import type { Question } from './measured.ts';
import {
  createCandidate,
  createJsonReply,
  createResponse,
  maxOutputTokensOf,
  type Reply,
} from './reply.ts';
import { toJsonSchema } from './response-schema.ts';
import { CHARACTERS_PER_TOKEN, countTextTokens, countUsage } from './usage.ts';
import { sayMeasured } from './words.ts';

const NOTHING = 'Measured, not understood: there is no picture here.';

/** What the model would say: by the schema where JSON is asked for, else the caption alone. */
export function answerRequest(request: Question): unknown {
  const { responseMimeType, responseJsonSchema, responseSchema } = request.generationConfig ?? {};
  const knowledge = request.measured[0]?.knowledge ?? sayMeasured(NOTHING);
  const schema = responseJsonSchema ?? responseSchema;
  if (schema !== undefined) return fillSchema(toJsonSchema(schema), knowledge);
  const [caption] = knowledge.caption ?? [];
  return responseMimeType === 'application/json' ? { caption } : caption;
}

/** A whole answer that says `answer`, cut at the request's maxOutputTokens as a model's is. */
export function replyWith(request: Question, answer: unknown, modelVersion?: string): Reply {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const most = maxOutputTokensOf(request);
  const fits = countTextTokens(text) <= most;
  return replyText(request, fits ? text : text.slice(0, most * CHARACTERS_PER_TOKEN), {
    finishReason: fits ? 'STOP' : 'MAX_TOKENS',
    ...(modelVersion === undefined ? {} : { modelVersion }),
  });
}

export function replyText(
  request: Question,
  text: string,
  options: { finishReason?: string; modelVersion?: string } = {},
): Reply {
  const candidates = [createCandidate(text, options.finishReason ?? 'STOP')];
  return createJsonReply(
    200,
    createResponse(countUsage(request, text), { candidates }, options.modelVersion),
  );
}
