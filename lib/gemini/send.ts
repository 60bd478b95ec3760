import { ServiceError } from '../errors.ts';
import type { Meter, Tally } from '../model/meter.ts';
import { retry, type Sleep, sleepFor } from '../retry.ts';
import type { Breaker } from './breaker.ts';
import { BACKOFF, createFault, delayOf, pauseOf, refusedFieldOf, remedyOf } from './errors.ts';
import { MAX_CALLS_PER_ASK, MAX_SLEEP_MS, TRIES_OF_FIRST_MODEL } from './limits.ts';
import type { Warn } from './models.ts';
import { findStatus, readProblem } from './problem.ts';
import { type Body, OPTIONAL_FIELDS, type OptionalField, type Variant } from './request.ts';
import {
  countTokens,
  type Response as ModelResponse,
  parseResponse,
  type Reply,
  readReply,
  type TokenUsage,
} from './response.ts';
import { addTokens, boundUsd, countCall } from './tally.ts';
import { type Bounds, exchange, keyHeader, resolveUrl, type Transport } from './transport.ts';

interface Call extends Bounds {
  baseUrl: string;
  model: string;
  key: string;
  body: Body;
  transport: Transport;
}

/** One call of generateContent. Throws what readProblem throws, and `model_unavailable` where no answer of a model comes. */
async function callModel({ baseUrl, model, key, ...call }: Call): Promise<ModelResponse> {
  const { status, body } = await exchange({
    ...call,
    url: resolveUrl(baseUrl, `/v1beta/models/${encodeURIComponent(model)}:generateContent`),
    method: 'POST',
    headers: { 'content-type': 'application/json', ...keyHeader(key) },
  });
  if (status !== 200) throw readProblem(status, body, key);
  const problemStatus = findStatus(body); // as streams tell of errors
  if (problemStatus !== undefined) throw readProblem(problemStatus, body, key);
  const response = parseResponse(body);
  if (response) return response;
  const reason = 'Bad answer: not the JSON of generateContent';
  throw createFault('model_unavailable', { remedy: 'retry', reason });
}

/** Models that may answer what cannot be used before that is the end. */
const MAX_INVALID_ANSWERS = 2;

export interface Turn {
  model: string;
  /** The first of the list is preferred; the others stand in for it. */
  isFirst: boolean;
  /** Whether a model asked before gave an answer that could not be used. */
  wasInvalid: boolean;
}

/**
 * The first model that answers, in the order given. The next one is asked where a model is gone, its
 * daily quota is used up, it is unavailable, or what it says cannot be used; whatever else fails would
 * fail there too.
 */
export async function askInOrder<T>(
  models: readonly string[],
  ask: (turn: Turn) => Promise<T>,
): Promise<T> {
  const errors: unknown[] = [];
  for (const [index, model] of models.entries()) {
    try {
      return await ask({ model, isFirst: index === 0, wasInvalid: errors.some(isInvalid) });
    } catch (error) {
      if (!mayNextHelp(error)) throw error;
      errors.push(error);
      if (errors.filter(isInvalid).length >= MAX_INVALID_ANSWERS) throw error;
    }
  }
  throw errors.find(isInvalid) ?? soonest(errors) ?? noModel();
}

function mayNextHelp(error: unknown): boolean {
  const remedy = remedyOf(error);
  return remedy === 'next_model' || (remedy === 'retry' && !isRateLimit(error));
}

/** Of all that failed, the error to go by is that of the model which will be there first. */
function soonest(errors: readonly unknown[]): unknown {
  const isGone = (error: unknown) => delayOf(error) === undefined && pauseOf(error) !== undefined;
  const waitOf = (error: unknown) => (isGone(error) ? Number.MAX_VALUE : (delayOf(error) ?? 0));
  return [...errors].sort((one, other) => waitOf(one) - waitOf(other))[0];
}

/** An unusable answer goes before all else: asked again later, it would be paid for again. */
function isInvalid(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'model_output_invalid';
}

function isRateLimit(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'model_rate_limited';
}

function noModel(): ServiceError {
  return createFault('model_unavailable', { remedy: 'stop', reason: 'No model is configured.' });
}

export type ReadKey = (options: { refresh: boolean; signal: AbortSignal }) => Promise<string>;

type WithKey = <T>(call: (key: string) => Promise<T>) => Promise<T>;

/**
 * Calls with the key as it is known; where it is refused, and the secret holds another one by now, once
 * more with that. A key may be exchanged at any time, and instances live for hours.
 */
export function createKeyUser(readKey: ReadKey, signal: AbortSignal): WithKey {
  return async (call) => {
    const key = await readKey({ refresh: false, signal });
    try {
      return await call(key);
    } catch (error) {
      if (remedyOf(error) !== 'new_key') throw error;
      const fresh = await readKey({ refresh: true, signal });
      if (fresh === key) throw error;
      return await call(fresh);
    }
  };
}

interface SenderOptions {
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

interface Sending extends Turn, Pick<Variant, 'thinkingLevel'> {
  /** Without these fields. */
  body(omitted: ReadonlySet<OptionalField>): Body;
  /** The most that it can be billed for. */
  bound: TokenUsage;
}

/** What this instance has learnt not to send: to a server whatever the model, or to one model. */
interface Omissions {
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
