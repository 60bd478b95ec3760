import { type AnalysisRecord, expiryOf } from '../analysis.ts';
import type { Analyses } from '../aws/analyses.ts';
import type { Contents } from '../aws/contents.ts';
import type { Results } from '../aws/results.ts';
import { copyAnswer, nameContent } from '../work/content.ts';

export interface KnownUploadDeps {
  analyses: Pick<Analyses, 'read' | 'create'>;
  contents: Pick<Contents, 'find'>;
  results: Pick<Results, 'copy'>;
}

/**
 * Stores an announced upload as finished where this client's answer to the same content is known, and
 * says whether it was. `bytes`: the file's size, as far as it was announced.
 */
export async function answerAnnounced(
  deps: KnownUploadDeps,
  announced: AnalysisRecord,
  bytes: number | undefined,
): Promise<boolean> {
  const { expectedSha256, fresh } = announced;
  if (!expectedSha256 || fresh) return false;
  const holderId = await deps.contents.find(nameContent(announced, expectedSha256));
  const holder = holderId ? await deps.analyses.read(holderId) : undefined;
  if (holder?.status !== 'succeeded') return false;
  if (bytes !== undefined && bytes !== holder.source.bytes) return false;
  const { id, recordDays } = announced;
  const from = holder.resultKey;
  const resultKey = from && `results/${id}/copy.json`; // its own, so that it outlives the first one
  const isThere = !from || (await deps.results.copy(from, `${resultKey}`, recordDays));
  if (!isThere) return false; // the model is asked anew
  if (await deps.analyses.create({ ...finish(announced, holder), resultKey })) return true;
  const earlier = await deps.analyses.read(id); // by a run of the same request that got as far
  return earlier?.status === 'succeeded';
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
