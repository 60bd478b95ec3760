import * as z from 'zod/mini';
import { $ZodRealError } from 'zod/v4/core';
import type { Asked } from './analyzer.ts';

/** How far behind the end a model may see something, in seconds: it looks once a second, and rounds. */
const SLACK_SECONDS = 2;
/** Digits behind the point of a time that is told: hundredths. */
const PRECISION = 100;

/** A time as the model gives it. */
export const modelTime = z
  .number()
  .check(
    z.describe('Seconds from the start of the whole file, as a decimal number: 1 min 30 s is 90'),
  );

export interface Span {
  /** Seconds from the start of the whole file. */
  start: number;
  end: number;
}

/** What may be spoken of: the file, or the part of it that is looked at. */
export function spanOf({ durationSeconds = Number.POSITIVE_INFINITY, clip }: Asked): Span {
  const end = Math.min(clip?.end ?? durationSeconds, durationSeconds);
  return { start: Math.min(clip?.start ?? 0, end), end };
}

/** What the model is told of it. */
export function describeSpan(asked: Asked): string {
  const { start, end } = spanOf(asked);
  if (!Number.isFinite(end)) return '';
  const whole = `It lasts ${round(asked.durationSeconds ?? end)} seconds.`;
  if (!asked.clip || (asked.clip.start === undefined && asked.clip.end === undefined)) return whole;
  return `${whole} Only what is between second ${round(start)} and second ${round(end)} counts; all times are still from the start of the whole.`;
}

/** Throws where none of several lie within what was looked at: then the model has counted something else than seconds. */
export function checkWithin(things: readonly Span[], span: Span): void {
  if (things.length === 0 || keepWithin(things, span).length > 0) return;
  const message = `all times lie outside of ${round(span.start)} to ${round(span.end)} seconds`;
  throw new $ZodRealError([{ code: 'custom', path: [], input: things.length, message }]);
}

/** Of things with times those that lie within what was looked at, in order, cut to it. */
export function keepWithin<T extends Span>(things: readonly T[], span: Span): T[] {
  const kept = things.filter(
    ({ start, end }) =>
      end >= start && end >= span.start - SLACK_SECONDS && start <= span.end + SLACK_SECONDS,
  );
  const within = (time: number) => round(Math.min(span.end, Math.max(span.start, time)));
  return kept
    .map((thing) => ({ ...thing, start: within(thing.start), end: within(thing.end) }))
    .sort((one, other) => one.start - other.start);
}

function round(seconds: number): number {
  return Math.round(seconds * PRECISION) / PRECISION;
}
