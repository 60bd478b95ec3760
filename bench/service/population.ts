import { createAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import { type AnalysisRecord, newAnalysis } from '../../lib/analysis/record.ts';
import { type AttributeValue, toAttributes } from '../../lib/aws/table.ts';
import { ANSWER, MODEL } from './model.ts';

/** Half of all analyses are this client's, the others belong to many. */
export const LARGE_CLIENT = 'large';
const MAX_SMALL_CLIENTS = 1_000;
/** At least; so that a page of any of them is as full in a small table as in a large one. */
const SMALL_CLIENT_ANALYSES = 25;
/** Between two analyses, in milliseconds. */
const STEP_MS = 10;
const ID_BYTES = 10;
/** One of so many waits for its upload; odd, so that clients of both kinds have some. */
export const WAITING_STEP = 3;
const ANALYZER = { name: 'describe', version: 1 };
const USAGE = { inputTokens: 2_300, outputTokens: 700, totalTokens: 3_000, costUsd: 0.004_35 };

/** The id of the analysis with this number; `since` in epoch milliseconds. */
export function idOf(number: number, since: number): string {
  return createAnalysisId(since + number * STEP_MS, Buffer.alloc(ID_BYTES));
}

/** One of those who have few, where there are so many analyses in all. */
export function smallClient(nth: number, count: number): string {
  const clients = Math.floor(count / 2 / SMALL_CLIENT_ANALYSES);
  return `small-${nth % Math.min(MAX_SMALL_CLIENTS, Math.max(1, clients))}`;
}

/** The number of the analysis, of `count`, that waits as this one from 0; others have ended. */
export function numberOfWaiting(nth: number, count: number): number {
  const waiting = Math.floor(count / WAITING_STEP);
  return (nth % waiting) * WAITING_STEP + WAITING_STEP - 1;
}

/** An analysis that waits for its upload. */
export function describeUpload(id: string, clientId: string, prompt?: string): AnalysisRecord {
  const source = { key: uploadKey(id), filename: 'picture' };
  return newAnalysis({ id, clientId, source, analyzer: ANALYZER, prompt, now: Date.now() });
}

/** So many of them, as the table holds them. */
export function* listStored(
  count: number,
  since: number,
): Generator<Record<string, AttributeValue>> {
  for (let number = 0; number < count; number += 1) {
    const waits = number % WAITING_STEP === WAITING_STEP - 1;
    const announced = describeUpload(idOf(number, since), clientOf(number, count));
    const record = waits ? announced : finish(announced);
    const clientKey = `${record.clientId}#${record.source.key}`;
    yield toAttributes({ ...record, pk: `analysis#${record.id}`, clientKey });
  }
}

function clientOf(number: number, count: number): string {
  return number % 2 === 0 ? LARGE_CLIENT : smallClient((number - 1) / 2, count);
}

function finish({ expiresAt: _, ...record }: AnalysisRecord): AnalysisRecord {
  const { createdAt, source } = record;
  return {
    ...record,
    status: 'succeeded',
    startedAt: createdAt,
    completedAt: createdAt,
    source: {
      ...source,
      ...{ mediaType: 'image/jpeg', bytes: 3_664_341, width: 4_032, height: 3_024 },
      sha256: 'a'.repeat(64),
    },
    picture: { key: `pictures/${record.id}`, bytes: 205_000, thumbnailBytes: 9_000 },
    caption: ANSWER.caption,
    result: ANSWER,
    model: MODEL,
    usage: USAGE,
  };
}
