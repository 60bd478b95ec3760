import { retry, type Sleep } from '../retry.ts';
import { boundTokens } from './bound.ts';
import { callModel } from './call.ts';
import { converse } from './converse.ts';
import { delayOf, remedyOf } from './errors.ts';
import { askInOrder } from './fallback.ts';
import { createKeyUser, type ReadKey } from './key.ts';
import { BACKOFF_BASE_MS, BACKOFF_CAP_MS, MAX_OUTPUT_TOKENS, TRIES_PER_MODEL } from './limits.ts';
import { chargeUsd, type TokenUsage } from './prices.ts';
import { createBody, type ModelRequest, type Variant } from './request.ts';
import type { Reply } from './response.ts';
import { addReply, createTally, type Meter, type Spent, type Tally } from './tally.ts';

export interface GeminiOptions {
  /** With or without a slash at its end. */
  baseUrl: string;
  /** In order: the first is asked first. */
  models: readonly string[];
  readKey: ReadKey;
  fetch?: typeof fetch;
  random?: () => number;
  sleep?: Sleep;
}

export interface AskOptions {
  signal: AbortSignal;
  /** Epoch milliseconds: no call and no sleep goes past it. */
  deadline: number;
  meter?: Meter | undefined;
}

export interface ModelAnswer<T> {
  value: T;
  /** The model that answered, by its own word. */
  model: string;
  /** Of all calls together, unusable answers included. */
  usage: Spent;
  calls: number;
}

export interface Gemini {
  /**
   * A checked answer about one picture. Throws `model_auth_failed`, `model_request_refused`,
   * `model_output_invalid`, `content_blocked`, and the retryable `model_unavailable` and
   * `model_rate_limited`, with `retryAfterSeconds` where the API named a delay.
   */
  ask<T>(
    request: ModelRequest,
    parse: (json: unknown) => T,
    options: AskOptions,
  ): Promise<ModelAnswer<T>>;
}

/** Gemini's generateContent by plain fetch: the SDK ignores RetryInfo and costs 100 ms of cold start. */
export function createGemini(options: GeminiOptions): Gemini {
  return {
    async ask(request, parse, asked) {
      const tally = createTally();
      const send = createSender(options, asked, tally);
      const createVariant = createBody(request);
      const bound = boundTokens(request);
      const maxOutputTokens = request.maxOutputTokens ?? MAX_OUTPUT_TOKENS;
      const askModel = async (model: string) => {
        const sendVariant = (variant: Variant) =>
          send({ model, body: createVariant(variant), bound: bound(variant) });
        const { value, reply } = await converse(sendVariant, parse, maxOutputTokens);
        const { spent, calls } = tally;
        return { value, model: reply.modelVersion ?? model, usage: spent, calls };
      };
      try {
        return await askInOrder(options.models, askModel);
      } finally {
        asked.meter?.close(tally);
      }
    },
  };
}

interface Sending {
  model: string;
  body: string;
  bound: TokenUsage;
}

/** Sends one body to one model, again where that may help, and counts. */
function createSender(
  options: GeminiOptions,
  { signal, deadline, meter }: AskOptions,
  tally: Tally,
) {
  const { baseUrl, random, sleep, fetch = globalThis.fetch } = options;
  const withKey = createKeyUser(options.readKey, signal);
  return async ({ model, body, bound }: Sending): Promise<Reply> => {
    const call = async (key: string) => {
      await meter?.admit({ mostUsd: chargeUsd(model, bound) }, tally);
      tally.calls += 1;
      const reply = await callModel({ baseUrl, model, key, body, signal, deadline, fetch });
      addReply(tally, reply.modelVersion ?? model, reply);
      return reply;
    };
    return await retry(() => withKey(call), {
      tries: TRIES_PER_MODEL,
      baseMs: BACKOFF_BASE_MS,
      capMs: BACKOFF_CAP_MS,
      deadline,
      signal,
      delayOf,
      isRetryable: (error) => remedyOf(error) === 'retry',
      ...(random && { random }),
      ...(sleep && { sleep }),
    });
  };
}
