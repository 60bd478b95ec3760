import * as z from 'zod/mini';

// Amounts that clients and operators set, each within bounds in which the table and the sums are exact.

/** The least money that is told apart, in USD: sums are kept in whole millionths. */
export const MIN_USD = 0.000_001;
/** The most that one analysis may be allowed to cost, in USD. */
export const MAX_ANALYSIS_USD = 10_000;
/** The largest budget, in USD and in analyses: far below 2^53 in millionths. */
const MAX_BUDGET_USD = 1_000_000_000;
const MAX_BUDGET_ANALYSES = 1_000_000_000;
/** The highest limit of a rate: a bucket counts in microseconds, and gives one token in each. */
export const MAX_PER_MINUTE = 60_000_000;

/** Of a budget, in USD; 0: nothing may be spent. */
export const USD_CHECKS = [
  z.minimum(0),
  z.maximum(MAX_BUDGET_USD),
  z.refine<number>(
    (usd) => usd === 0 || usd >= MIN_USD,
    `has to be 0, or at least ${MIN_USD.toFixed(6)}`,
  ),
];
export const ANALYSES_CHECKS = [z.int(), z.minimum(0), z.maximum(MAX_BUDGET_ANALYSES)];
/** 0: no limit. */
export const PER_MINUTE_CHECKS = [z.int(), z.minimum(0), z.maximum(MAX_PER_MINUTE)];

/** The days that a client's data may be kept: infra/storage.yml has a rule for each. */
export const RETENTION_DAYS = [1, 7, 30, 90, 365] as const;
