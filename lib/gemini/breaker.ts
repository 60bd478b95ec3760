import * as z from 'zod/mini';
import type { Table } from '../aws/table.ts';
import { ServiceError } from '../errors.ts';
import { createFault, delayOf, pauseOf, remedyOf } from './errors.ts';
import { FAILURES_BEFORE_PAUSE, FIRST_PAUSE_MS, MAX_PAUSE_MS } from './limits.ts';

/** Times in epoch milliseconds. */
const pause = z.object({
  until: z.number(),
  code: z.enum(['model_unavailable', 'model_rate_limited']),
  remedy: z.enum(['retry', 'next_model']),
  returnAt: z.number(),
});

/** How long an item stays after its pause, in seconds: the table's own clean-up is in no hurry. */
const KEPT_SECONDS = 3_600;

/** The models that instances have told each other to leave alone. */
export function createModelPauses(table: Table, TableName: string) {
  const pkOf = (model: string) => `model-pause#${model}`;
  return {
    async read(model: string): Promise<z.infer<typeof pause> | undefined> {
      const { Item } = await table.get({ TableName, Key: { pk: pkOf(model) } });
      return pause.safeParse(Item).data;
    },
    async write(model: string, given: z.infer<typeof pause>): Promise<void> {
      const expiresAt = Math.ceil(given.until / 1_000) + KEPT_SECONDS;
      const Item = { ...given, pk: pkOf(model), expiresAt };
      await table.put({ TableName, Item });
    },
  };
}

/** Why a model is left alone, as plain data. Times in epoch milliseconds. */
interface Pause {
  until: number;
  code: 'model_unavailable' | 'model_rate_limited';
  /** Whether its own time is worth waiting for, or another model. */
  remedy: 'retry' | 'next_model';
  /** When those who wait should come back. */
  returnAt: number;
}

/** Where instances tell each other of pauses. */
interface PauseStore {
  read(model: string): Promise<Pause | undefined>;
  write(model: string, pause: Pause): Promise<void>;
}

/** Keeps a model that is down from being asked by every picture. */
export interface Breaker {
  /**
   * What the model last answered, in its place, while it is to be left alone. What other instances know
   * is asked for where `hasTrouble`: in good times that would be a call for nothing.
   */
  refusal(model: string, hasTrouble: boolean): Promise<ServiceError | undefined>;
  /** Whether it has failed so often that one call at a time is enough to find out more. */
  isOnProbation(model: string): boolean;
  /** Makes the call, and learns from what comes of it. */
  watch<T>(model: string, call: () => Promise<T>): Promise<T>;
}

interface State {
  /** In a row. */
  failures: number;
  pause: Pause | undefined;
}

/**
 * What has been seen of each model. A pause that the model itself names (a delay asked for, a day's
 * quota, a model that is gone) begins at once; failures without one have to repeat. When it is over the
 * next question goes through, and its failure begins a longer one. `now` in epoch milliseconds.
 */
export function createBreaker(options: { now?: () => number; store?: PauseStore } = {}): Breaker {
  const { now = Date.now, store } = options;
  const states = new Map<string, State>();

  async function noteFailure(model: string, error: ServiceError): Promise<void> {
    const failures = isOutage(error) ? (states.get(model)?.failures ?? 0) + 1 : 0;
    const pause = choosePause(error, failures, now());
    states.set(model, { failures, pause });
    // Others are told as well as may be: the failure is news enough without one of the table.
    if (pause) await store?.write(model, pause).catch(() => undefined);
  }

  async function learnFromOthers(model: string): Promise<Pause | undefined> {
    const pause = await store?.read(model).catch(() => undefined);
    if (pause) states.set(model, { failures: states.get(model)?.failures ?? 0, pause });
    return pause;
  }

  return {
    async refusal(model, hasTrouble) {
      const own = states.get(model)?.pause;
      if (own && now() < own.until) return refuse(own, now());
      const pause = hasTrouble ? await learnFromOthers(model) : undefined;
      return pause && now() < pause.until ? refuse(pause, now()) : undefined;
    },
    isOnProbation: (model) => (states.get(model)?.failures ?? 0) >= FAILURES_BEFORE_PAUSE,
    async watch(model, call) {
      try {
        const answer = await call();
        states.delete(model);
        return answer;
      } catch (error) {
        if (error instanceof ServiceError && !hadNoTime(error)) await noteFailure(model, error);
        throw error;
      }
    },
  };
}

function isOutage({ code }: ServiceError): boolean {
  return code === 'model_unavailable';
}

/** That says nothing of the model. */
function hadNoTime(error: ServiceError): boolean {
  return isOutage(error) && remedyOf(error) === 'stop';
}

function choosePause(error: ServiceError, failures: number, now: number): Pause | undefined {
  const { code } = error;
  const named = pauseOf(error);
  const pauseMs = named ?? pauseAfter(failures);
  if (pauseMs <= 0 || (code !== 'model_unavailable' && code !== 'model_rate_limited'))
    return undefined;
  const waitsForItself = code === 'model_rate_limited' && remedyOf(error) === 'retry';
  const returnAt = now + (delayOf(error) ?? pauseMs);
  return { until: now + pauseMs, returnAt, code, remedy: waitsForItself ? 'retry' : 'next_model' };
}

/** In milliseconds; 0 while the failures may be chance. */
function pauseAfter(failures: number): number {
  const more = failures - FAILURES_BEFORE_PAUSE;
  return more < 0 ? 0 : Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** more);
}

function refuse({ until, code, remedy, returnAt }: Pause, now: number): ServiceError {
  const pauseSeconds = (until - now) / 1_000;
  const retryAfterSeconds = (returnAt - now) / 1_000;
  const reason = `Not asked: it is left alone for ${Math.ceil(pauseSeconds)} s.`;
  return createFault(code, { remedy, reason, pauseSeconds, retryAfterSeconds });
}
