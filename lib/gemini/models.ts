import { MODEL_END_NOTICE_DAYS } from './limits.ts';

// What is known of Gemini's models, a row each: a new model is a new row. By Google's thinking, price and
// deprecation pages (ai.google.dev/gemini-api/docs/thinking, /pricing, /deprecations), read on 2026-11-30.

const RESOLUTIONS = [
  'MEDIA_RESOLUTION_LOW',
  'MEDIA_RESOLUTION_MEDIUM',
  'MEDIA_RESOLUTION_HIGH',
  'MEDIA_RESOLUTION_ULTRA_HIGH', // for single parts only
] as const;
export type MediaResolution = (typeof RESOLUTIONS)[number];

/** From the least to the most. */
const THINKING = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'XHIGH'] as const;
export type ThinkingLevel = (typeof THINKING)[number];

interface Rates {
  input: number;
  /** Where it is not known, cached tokens cost what others do: a figure too high rather than too low. */
  cachedInput?: number;
  output: number;
}

/** USD per million tokens. */
export interface Price extends Rates {
  /** ISO date (UTC) from which it holds; without one, always. */
  from?: string;
  /** Of calls whose input is longer than this. */
  long?: Rates & { aboveTokens: number };
}

interface ModelRow {
  /** The levels that it takes, from the least to the most; every other one is refused. */
  thinking: readonly ThinkingLevel[];
  /** Its level where a request names none. */
  defaultThinking: ThinkingLevel;
  resolutions: readonly MediaResolution[];
  /** The newest first: the first whose day has come counts. */
  prices: readonly Price[];
  /** What a call in a batch costs, as a part of the price; absent: not known. */
  batchFactor?: number;
  /** ISO date (UTC), as Google announced it. */
  lastDay?: string;
  /** Google's replacement for it. */
  successor?: string;
  /** Whether after its last day the successor answers calls of its name; else they are refused (404). */
  isAnsweredFor?: boolean;
  /** What is doubtful about this row. */
  comment?: string;
}

const LOW_TO_HIGH: readonly ThinkingLevel[] = ['LOW', 'MEDIUM', 'HIGH'];
const MINIMAL_TO_HIGH: readonly ThinkingLevel[] = ['MINIMAL', ...LOW_TO_HIGH];
const LOW_TO_XHIGH: readonly ThinkingLevel[] = [...LOW_TO_HIGH, 'XHIGH'];

export const MODELS: Readonly<Record<string, ModelRow>> = {
  'gemini-3.8-flash': {
    thinking: LOW_TO_HIGH,
    defaultThinking: 'MEDIUM',
    resolutions: RESOLUTIONS,
    prices: [
      { from: '2027-01-01', input: 1.5, cachedInput: 0.15, output: 7.5 },
      { input: 0.75, cachedInput: 0.075, output: 3.75 },
    ],
    batchFactor: 0.5,
  },
  'gemini-3.7-flash': {
    thinking: LOW_TO_HIGH,
    defaultThinking: 'MEDIUM',
    resolutions: RESOLUTIONS,
    prices: [
      { from: '2027-01-01', input: 1.5, cachedInput: 0.15, output: 7.5 },
      { input: 0.75, cachedInput: 0.075, output: 3.75 },
    ],
    lastDay: '2026-10-08',
    successor: 'gemini-3.8-flash',
    isAnsweredFor: true,
    comment: 'The prices are those of its successor; not checked.',
  },
  'gemini-3.6-flash': {
    thinking: MINIMAL_TO_HIGH,
    defaultThinking: 'MEDIUM',
    resolutions: RESOLUTIONS,
    prices: [{ input: 1.5, cachedInput: 0.15, output: 7.5 }],
    comment: 'Whether batches are half price was not checked.',
  },
  'gemini-3.5-flash': {
    thinking: MINIMAL_TO_HIGH,
    defaultThinking: 'MEDIUM',
    resolutions: RESOLUTIONS,
    prices: [{ input: 1.5, cachedInput: 0.15, output: 9 }],
    batchFactor: 0.5,
    lastDay: '2026-10-08',
    successor: 'gemini-3.6-flash',
    isAnsweredFor: true,
    comment:
      'Which of the two prices is charged since then is not known: that of the name in the answer.',
  },
  'gemini-3.5-flash-lite': {
    thinking: MINIMAL_TO_HIGH,
    defaultThinking: 'MINIMAL',
    resolutions: RESOLUTIONS,
    prices: [{ input: 0.3, cachedInput: 0.03, output: 2.5 }],
    comment: 'The prices are second-hand; whether batches are half price was not checked.',
  },
  'gemini-3.1-flash-lite': {
    thinking: MINIMAL_TO_HIGH,
    defaultThinking: 'MINIMAL',
    resolutions: RESOLUTIONS,
    prices: [{ input: 0.25, cachedInput: 0.025, output: 1.5 }],
    batchFactor: 0.5,
    lastDay: '2027-05-07',
    successor: 'gemini-3.5-flash-lite',
    comment: 'Whether its successor will answer for it is not known.',
  },
  'gemini-3.1-pro-preview': {
    thinking: LOW_TO_HIGH,
    defaultThinking: 'HIGH',
    resolutions: RESOLUTIONS,
    prices: [{ input: 2, output: 12, long: { aboveTokens: 200_000, input: 4, output: 18 } }],
    batchFactor: 0.5,
  },
  'gemini-4-argon': {
    thinking: LOW_TO_HIGH,
    defaultThinking: 'MEDIUM',
    resolutions: RESOLUTIONS,
    prices: [
      { from: '2026-12-01', input: 4, cachedInput: 0.2, output: 20 },
      { input: 2, cachedInput: 0.1, output: 10 },
    ],
    batchFactor: 0.5,
    comment: 'The factor of batches is second-hand, as with all of Gemini 4.',
  },
  'gemini-4-carbon': {
    thinking: LOW_TO_HIGH,
    defaultThinking: 'MEDIUM',
    resolutions: RESOLUTIONS,
    prices: [{ input: 2, output: 10 }],
    batchFactor: 0.5,
    comment: 'Levels, default and prices are second-hand; said to cost more from 2026-12-01 on.',
  },
  'gemini-4-hydrogen': {
    thinking: LOW_TO_XHIGH,
    defaultThinking: 'HIGH',
    resolutions: RESOLUTIONS,
    prices: [{ input: 1.5, cachedInput: 0.075, output: 7.5 }],
    batchFactor: 0.5,
    comment: 'The cached price is second-hand.',
  },
  'gemini-4-neon': {
    thinking: LOW_TO_XHIGH,
    defaultThinking: 'HIGH',
    resolutions: RESOLUTIONS,
    prices: [{ input: 3, cachedInput: 0.15, output: 15 }],
    batchFactor: 0.5,
    comment: 'The cached price is second-hand.',
  },
};

/** A stage or a release, as answers name them: `-preview-09-2026`, `-002`, `@001`. */
const RELEASE = /^(?:-(?:preview|exp|experimental|latest|stable))?(?:[-@]\d{2,8}){0,3}$/;
const DAY_MS = 86_400_000;

/** The name of the row that tells of a model: by its name, that of a release, or as a path; undefined for an unknown one. */
function nameRow(model: string): string | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  if (Object.hasOwn(MODELS, name)) return name;
  return Object.keys(MODELS).find((known) => isRelease(name, known));
}

function isRelease(name: string, known: string): boolean {
  return name.startsWith(known) && RELEASE.test(name.slice(known.length));
}

export function findModel(model: string): ModelRow | undefined {
  const name = nameRow(model);
  return name === undefined ? undefined : MODELS[name];
}

/** Whether its last day is over. `at` in epoch milliseconds. */
export function hasEnded({ lastDay }: ModelRow, at = Date.now()): boolean {
  return lastDay !== undefined && at >= Date.parse(lastDay) + DAY_MS;
}

/** The model that answers calls of this name, as far as that is known beforehand. `at` in epoch milliseconds. */
export function whoAnswers(model: string, at = Date.now()): string {
  const row = findModel(model);
  const isOther = row?.isAnsweredFor === true && hasEnded(row, at);
  return (isOther && row.successor) || model;
}

/**
 * The level that the model takes in place of the wanted one: the least of those that are no lower, else its
 * highest. Of an unknown model nothing is known, so it gets what is wanted.
 */
export function fitThinking(model: string, wanted: ThinkingLevel, at = Date.now()): ThinkingLevel {
  const levels = findModel(whoAnswers(model, at))?.thinking ?? [wanted];
  return levels.find((level) => rankOf(level) >= rankOf(wanted)) ?? levels.at(-1) ?? wanted;
}

/** The lowest level of the model, where it is below this one; of an unknown model LOW, which all of them take. */
export function lessThinking(model: string, level: ThinkingLevel): ThinkingLevel | undefined {
  const least = findModel(whoAnswers(model))?.thinking[0] ?? 'LOW';
  return rankOf(least) < rankOf(level) ? least : undefined;
}

function rankOf(level: ThinkingLevel): number {
  return THINKING.indexOf(level);
}

/** As with thinking, but rather lower than higher: no call may cost more than was asked for. */
export function fitResolution(model: string, wanted: MediaResolution): MediaResolution {
  const levels = findModel(whoAnswers(model))?.resolutions ?? [wanted];
  const rank = (level: MediaResolution) => RESOLUTIONS.indexOf(level);
  return levels.findLast((level) => rank(level) <= rank(wanted)) ?? levels[0] ?? wanted;
}

/** A model that is to be replaced: its last day is near, or over. */
interface ModelEnd {
  model: string;
  /** ISO date, UTC. */
  lastDay: string;
  hasEnded: boolean;
  successor?: string;
  /** A sentence for operators. */
  message: string;
}

/** Tells an operator, by the log. */
export type Warn = (message: string, fields: Record<string, unknown>) => void;

/** Those of the models that end within MODEL_END_NOTICE_DAYS, or have. `at` in epoch milliseconds. */
export function listEnds(models: readonly string[], at = Date.now()): ModelEnd[] {
  return models.flatMap((model) => {
    const row = findModel(model);
    const { lastDay, successor } = row ?? {};
    if (!row || !lastDay || at < Date.parse(lastDay) - MODEL_END_NOTICE_DAYS * DAY_MS) return [];
    const isOver = hasEnded(row, at);
    const message = describeEnd(model, row, isOver);
    return [{ model, lastDay, hasEnded: isOver, ...(successor && { successor }), message }];
  });
}

function describeEnd(model: string, row: ModelRow, isOver: boolean): string {
  const { lastDay, successor, isAnsweredFor } = row;
  const what = isOver ? 'ended' : 'ends';
  const then = successor && isAnsweredFor && isOver ? `, and ${successor} answers for it` : '';
  const other = successor ? `, such as ${successor}` : '';
  return `${model} ${what} on ${lastDay}${then}: name another model in its place${other}.`;
}

/** Lists the ends as listEnds does, and warns of each the first time. */
export function createEndWatch(warn: Warn): (models: readonly string[]) => ModelEnd[] {
  const told = new Set<string>();
  return (models) => {
    const ends = listEnds(models);
    for (const { model, message } of ends) {
      if (!told.has(model)) warn(message, { model });
      told.add(model);
    }
    return ends;
  };
}
