import { type AnalysisRecord, expiryOf } from '../analysis.ts';
import type { Origin } from '../api/idempotency.ts';
import type { Analyses } from '../aws/analyses.ts';
import type { Contents } from '../aws/contents.ts';
import type { Results } from '../aws/results.ts';
import type { Spending } from '../aws/spending.ts';
import { dayOf } from '../money/budget.ts';
import { copyAnswer, nameContent } from '../work/content.ts';

export interface KnownUploadDeps {
  analyses: Pick<Analyses, 'read' | 'create'>;
  contents: Pick<Contents, 'find'>;
  results: Pick<Results, 'copy'>;
  spending: Pick<Spending, 'note' | 'countNoted'>;
}

/** What the month's sums are told of it. */
const COUNTED = { succeeded: 1, cached: 1 };

/**
 * Stores an announced upload as finished where this client's answer to the same content is known, and
 * says whether it was. `bytes`: the file's size, as far as it was announced. `origin`: of a request that
 * may have been sent before.
 */
export async function answerAnnounced(
  deps: KnownUploadDeps,
  announced: AnalysisRecord,
  bytes: number | undefined,
  origin: Origin | undefined,
): Promise<boolean> {
  const { id, clientId } = announced;
  // Noted before there is a record, counted after: an earlier run may have got as far as either.
  const day = dayOf(origin?.at ?? Date.parse(announced.createdAt));
  const earlier = origin && (await deps.analyses.read(id));
  const isStored = earlier
    ? earlier.status === 'succeeded'
    : await storeKnown(deps, announced, bytes, day);
  if (isStored) await deps.spending.countNoted(clientId, id, day, COUNTED);
  return isStored;
}

async function storeKnown(
  deps: KnownUploadDeps,
  announced: AnalysisRecord,
  bytes: number | undefined,
  day: string,
): Promise<boolean> {
  const { expectedSha256, fresh } = announced;
  if (!expectedSha256 || fresh) return false;
  const holderId = await deps.contents.find(nameContent(announced, expectedSha256));
  const holder = holderId ? await deps.analyses.read(holderId) : undefined;
  if (holder?.status !== 'succeeded') return false;
  if (bytes !== undefined && bytes !== holder.source.bytes) return false;
  const { id, clientId, recordDays } = announced;
  const from = holder.resultKey;
  const resultKey = from && `results/${id}/copy.json`; // its own, so that it outlives the first one
  const isThere = !from || (await deps.results.copy(from, `${resultKey}`, recordDays));
  if (!isThere) return false; // the model is asked anew
  await deps.spending.note(clientId, id, day);
  return deps.analyses.create({ ...finish(announced, holder), resultKey });
}

function finish(announced: AnalysisRecord, holder: AnalysisRecord): AnalysisRecord {
  const { uploadExpiresAt: _, ...record } = announced;
  const answer = copyAnswer(holder, record);
  const completedAt = record.createdAt;
  const expiresAt = expiryOf(record, Date.parse(completedAt));
  const { result } = holder;
  const fileKey = holder.source.key;
  return { ...record, ...answer, fileKey, result, status: 'succeeded', completedAt, expiresAt };
}
