import type { ServiceError } from '../errors.ts';
import { retry, type Sleep, sleepFor } from '../retry.ts';
import { BACKOFF } from './backoff.ts';
import type { Breaker } from './breaker.ts';
import { callModel } from './call.ts';
import { createFault, delayOf, refusedFieldOf, remedyOf } from './errors.ts';
import type { Turn } from './fallback.ts';
import { createKeyUser, type ReadKey } from './key.ts';
import { MAX_CALLS_PER_ASK, MAX_SLEEP_MS, TRIES_OF_FIRST_MODEL } from './limits.ts';
import type { Warn } from './models.ts';
import { boundUsd, type TokenUsage } from './prices.ts';
import { type Body, OPTIONAL_FIELDS, type OptionalField, type Variant } from './request.ts';
import { type Reply, readReply } from './response.ts';
import { addTokens, countCall, type Meter, type Tally } from './tally.ts';
import type { Transport } from './transport.ts';
import { countTokens } from './usage.ts';

export interface SenderOptions {
  baseUrl: string;
  readKey: ReadKey;
  breaker: Breaker;
  omissions: Omissions;
  tally: Tally;
  meter?: Meter | undefined;
  transport: Transport;
  signal: AbortSignal;
  /** Epoch milliseconds. */
  deadline: number;
  callTimeoutMs: number;
  /** Whether the analysis was tried before. */
  isRetry?: boolean | undefined;
  random?: () => number;
  sleep?: Sleep;
}

export interface Sending extends Turn, Pick<Variant, 'thinkingLevel'> {
  /** Without these fields. */
  body(omitted: ReadonlySet<OptionalField>): Body;
  /** The most that it can be billed for. */
  bound: TokenUsage;
}

/** What this instance has learnt not to send: to a server whatever the model, or to one model. */
export interface Omissions {
  of(model: string): ReadonlySet<OptionalField>;
  add(model: string, field: OptionalField): void;
}

export function createOmissions(warn: Warn): Omissions {
  const refused = new Set<string>();
  const nameOf = (model: string, field: OptionalField) =>
    field === 'store' ? field : `${field} of ${model}`;
  return {
    of: (model) => new Set(OPTIONAL_FIELDS.filter((field) => refused.has(nameOf(model, field)))),
    add(model, field) {
      const name = nameOf(model, field);
      if (refused.has(name)) return; // another call was quicker
      refused.add(name);
      warn('left out from now on: the model server refuses it', { field, model });
    },
  };
}

/** Sends one body to one model, again where that may help, and counts what it costs. */
export function createSender(options: SenderOptions) {
  const { breaker, tally, deadline, signal, isRetry = false, random, sleep = sleepFor } = options;
  const withKey = createKeyUser(options.readKey, signal);

  /** A refusal costs nothing, and the rest of the request is good. */
  async function call(sending: Sending, key: string): Promise<Reply> {
    const { omissions } = options;
    const omitted = omissions.of(sending.model);
    try {
      return await callOnce(sending, key, omitted);
    } catch (error) {
      const field = refusedFieldOf(error);
      if (field === undefined || omitted.has(field)) throw error;
      omissions.add(sending.model, field);
      return call(sending, key);
    }
  }

  async function callOnce(
    { model, body, bound, thinkingLevel }: Sending,
    key: string,
    omitted: ReadonlySet<OptionalField>,
  ): Promise<Reply> {
    const { baseUrl, callTimeoutMs: timeoutMs, transport } = options;
    if (tally.calls >= MAX_CALLS_PER_ASK) throw enough();
    await options.meter?.admit({ mostUsd: boundUsd(model, bound) }, tally);
    countCall(tally, omitted.has('thinkingConfig') ? undefined : thinkingLevel);
    return breaker.watch(model, async () => {
      const to = { baseUrl, model, key, signal, deadline, timeoutMs, transport };
      const response = await callModel({ ...to, body: body(omitted) });
      addTokens(tally, response.modelVersion ?? model, countTokens(response, bound));
      return readReply(response);
    });
  }

  /** Throws, in the place of a model that is to be left alone for longer than can be slept through. */
  async function waitFor({ model, isFirst }: Turn): Promise<void> {
    const refusal = await breaker.refusal(model, isRetry || !isFirst);
    if (!refusal) return;
    const delay = delayOf(refusal) ?? Number.POSITIVE_INFINITY;
    const isShort = delay <= MAX_SLEEP_MS && Date.now() + delay < deadline;
    if (remedyOf(refusal) !== 'retry' || !isShort) throw refusal;
    await sleep(delay, signal).catch(() => {
      throw refusal;
    });
  }

  return async (sending: Sending): Promise<Reply> => {
    await waitFor(sending);
    const mayRepeat = sending.isFirst && !breaker.isOnProbation(sending.model);
    return retry(() => withKey((key) => call(sending, key)), {
      ...BACKOFF,
      tries: mayRepeat ? TRIES_OF_FIRST_MODEL : 1,
      deadline,
      signal,
      sleep,
      ...(random && { random }),
    });
  };
}

function enough(): ServiceError {
  const reason = `No answer after ${MAX_CALLS_PER_ASK} calls.`;
  return createFault('model_unavailable', { remedy: 'stop', reason });
}
