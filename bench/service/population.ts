import { createAnalysisId } from '../../lib/analysis-id.ts';

/** Half of all analyses are this client's, the others belong to many. */
export const LARGE_CLIENT = 'large';
const SMALL_CLIENTS = 1_000;
/** Between two analyses, in milliseconds. */
const STEP_MS = 10;
const ID_BYTES = 10;

/** The id of the analysis with this number; `since` in epoch milliseconds. */
export function idOf(number: number, since: number): string {
  return createAnalysisId(since + number * STEP_MS, Buffer.alloc(ID_BYTES));
}

export function clientOf(number: number): string {
  return number % 2 === 0 ? LARGE_CLIENT : smallClient(number);
}

export function smallClient(number: number): string {
  return `small-${number % (2 * SMALL_CLIENTS)}`;
}
