import { createAnalysisId, uploadKey } from '../analysis/ids.ts';
import type { AnalysisError } from '../analysis/record.ts';
import type { Analyses } from '../analysis/record-store.ts';
import type { FindAnalyzer } from '../analyzers/own-store.ts';
import type { RouteRequest } from '../api/http.ts';
import { describeProblem, type Reply } from '../api/problem.ts';
import { type RetentionDeps, readRetention } from '../auth/client-settings.ts';
import type { UploadWriter } from '../aws/upload-form.ts';
import { type RefuseSpentDeps, refuseSpent } from '../budget/reservation.ts';
import { ServiceError } from '../errors.ts';
import type { Reach } from '../webhooks/webhook-target.ts';
import { chooseAnalyzer } from './choose-analyzer.ts';
import type { AnalyzeForm } from './form.ts';
import { type LookUpDeps, type Seen, waitForAnalysis } from './look-up.ts';
import { checkCallback, describeUpload } from './upload.ts';

/** How long the call waits for the end, in seconds: the HTTP API gives up at 30. */
const MAX_WAIT_SECONDS = 25;

export interface AnalyzeNowDeps extends LookUpDeps, RefuseSpentDeps, RetentionDeps {
  analyses: Pick<Analyses, 'read' | 'create'>;
  uploads: UploadWriter;
  findAnalyzer: FindAnalyzer;
  /** Of callbacks. */
  reach: Reach;
}

/** Sends the file the way that every file goes (bucket, queue, record), and waits for its end. */
export async function analyzeNow(
  deps: AnalyzeNowDeps,
  form: AnalyzeForm & { fresh: boolean },
  {
    clientId,
    requestId,
    receivedAt,
    origin,
  }: Pick<RouteRequest<unknown>, 'clientId' | 'requestId' | 'receivedAt' | 'origin'>,
): Promise<Reply> {
  checkCallback(form, deps.reach);
  const chosen = await chooseAnalyzer(deps.findAnalyzer, clientId, form, 'form');
  const now = deps.now();
  const id = createAnalysisId(origin?.at ?? now, origin?.entropy);
  const isBegun = origin !== undefined && (await deps.analyses.read(id)) !== undefined;
  if (!isBegun) await refuseSpent(deps, clientId);
  const retention = await readRetention(deps, clientId);
  const wish = { ...form, ...chosen, ...retention };
  await deps.analyses.create(describeUpload(id, clientId, wish, now));
  await deps.uploads.put(uploadKey(id), form.bytes, form.contentType, retention.uploadDays);
  const until = receivedAt + MAX_WAIT_SECONDS * 1000;
  const seen = await waitForAnalysis(deps, { id, clientId, until });
  // Asked again, it is told from the record: that goes on, and may be deleted.
  return { ...answer(id, requestId, seen, deps.now()), goodUntil: 0 };
}

function answer(id: string, requestId: string, seen: Seen | undefined, now: number): Reply {
  if (!seen) throw new ServiceError('analysis_not_found', 'The analysis was deleted meanwhile.');
  const { analysis, ended } = seen;
  const location = `/v1/analyses/${id}`;
  if (!ended) return { status: 202, body: analysis, headers: { location } };
  if (!analysis.error) return { status: 200, body: analysis };
  const error = asThrown(analysis.error, now);
  return describeProblem(error, requestId, { analysisId: id });
}

function asThrown({ code, message, resetsAt }: AnalysisError, now: number): ServiceError {
  const retryAfterSeconds = resetsAt && Math.max(0, (Date.parse(resetsAt) - now) / 1000);
  return new ServiceError(code, message, retryAfterSeconds ? { retryAfterSeconds } : {});
}
