import { billError } from '../model/meter.ts';
import type { Model } from '../model/model.ts';
import type { Sleep } from '../retry.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import { converse } from './converse.ts';
import { createFault } from './errors.ts';
import { CALL_TIMEOUT_MS, MAX_OUTPUT_TOKENS } from './limits.ts';
import { createEndWatch, lessThinking, type Warn } from './models.ts';
import { boundTokens, createBody, fitRequest, type Variant } from './request.ts';
import { askInOrder, createOmissions, createSender, type ReadKey, type Turn } from './send.ts';
import { createTally, receiptOf } from './tally.ts';
import { exchange, keyHeader, resolveUrl, sendByHttp, type Transport } from './transport.ts';

interface ProbeOptions {
  /** With or without a slash at its end. */
  baseUrl: string;
  readKey: ReadKey;
  /** The longest that a model may take to answer, in milliseconds. */
  timeoutMs: number;
}

/** Asks models.get, which costs nothing; throws where the model, or our key, is not known there. */
export function createModelProbe({ baseUrl, readKey, timeoutMs }: ProbeOptions) {
  return async (model: string): Promise<void> => {
    const signal = AbortSignal.timeout(timeoutMs);
    const key = await readKey({ refresh: false, signal });
    const url = resolveUrl(baseUrl, `/v1beta/models/${encodeURIComponent(model)}`);
    const { status } = await exchange({
      url,
      method: 'GET',
      headers: keyHeader(key),
      signal,
      deadline: Number.POSITIVE_INFINITY,
      timeoutMs,
      transport: sendByHttp,
    });
    if (status === 200) return;
    const reason = `models.get answered ${status}.`;
    throw createFault('model_unavailable', { remedy: 'stop', reason });
  };
}

export interface GeminiOptions {
  /** With or without a slash at its end. */
  baseUrl: string;
  /** Whether Google may keep what is asked and answered; left out: it may not. */
  store?: boolean;
  /** In order: the first is asked first. */
  models: readonly string[];
  readKey: ReadKey;
  /** Left out: Node's own client. */
  transport?: Transport;
  random?: () => number;
  sleep?: Sleep;
  /** Of one call, in milliseconds. */
  callTimeoutMs?: number;
  breaker?: Breaker;
  warn?: Warn;
}

/**
 * Gemini's generateContent by plain HTTP: the SDK ignores RetryInfo and costs 100 ms of cold start.
 * docs/gemini.md tells how often it calls for what.
 */
export function createGemini(options: GeminiOptions): Model {
  const { transport = sendByHttp, callTimeoutMs = CALL_TIMEOUT_MS } = options;
  const { breaker = createBreaker(), store, warn = () => undefined } = options;
  const omissions = createOmissions(warn);
  const watchEnds = createEndWatch(warn);
  return {
    async ask(request, parse, asked) {
      const tally = createTally();
      const send = createSender({
        ...options,
        ...asked,
        breaker,
        omissions,
        transport,
        callTimeoutMs,
        tally,
      });
      const bound = boundTokens(request);
      const { maxOutputTokens = MAX_OUTPUT_TOKENS, models = options.models } = request;
      watchEnds(models);
      const askModel = async (turn: Turn) => {
        const { model } = turn;
        const fitted = fitRequest(request, model);
        const createVariant = createBody(fitted, store);
        const sendVariant = (variant: Variant) =>
          send({
            ...turn,
            ...variant,
            body: (omitted) => createVariant(variant, omitted),
            bound: bound(variant),
          });
        const { value, reply } = await converse({
          send: sendVariant,
          parse,
          first: { maxOutputTokens, thinkingLevel: fitted.thinkingLevel },
          lessThinking: (level) => lessThinking(model, level),
          mayRepair: !turn.wasInvalid,
        });
        return { value, model: reply.modelVersion ?? model, usage: receiptOf(tally) };
      };
      try {
        return await askInOrder(models, askModel);
      } catch (error) {
        throw billError(error, receiptOf(tally));
      } finally {
        asked.meter?.close(tally);
      }
    },
  };
}
