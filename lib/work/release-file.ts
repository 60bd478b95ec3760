import { hasEnded } from '../analysis.ts';
import { analysisIdFor, type UploadedObject } from '../analysis-id.ts';
import type { Analyses } from '../aws/analyses.ts';
import type { ModelFiles } from '../gemini/files.ts';
import { logger } from '../log.ts';
import type { Outcome } from '../outcome.ts';
import type { Held } from './settle.ts';

/** The longest that a removal may take, in milliseconds: it is not worth more, for files go by themselves. */
const REMOVAL_MS = 4_000;

export interface ReleaseDeps {
  analyses: Pick<Analyses, 'read'>;
  modelFiles: Pick<ModelFiles, 'remove'>;
}

/** Removes the model's file of an analysis that has ended, or was deleted meanwhile. Never throws: it has ended by then. */
export async function releaseFile(
  deps: ReleaseDeps,
  { record, lease }: Held,
  outcome: Outcome | undefined,
): Promise<void> {
  const { name } = lease.noted().modelFile ?? record.modelFile ?? {};
  if (name === undefined || !outcome || outcome.kind === 'later') return;
  await quietly(record.id, async () => {
    const isOver = outcome.kind === 'ended' || (await isUnused(deps, record.id, name));
    if (isOver) await remove(deps, name);
  });
}

/** The same where the claim itself was the end, or found that the analysis is deleted. */
export async function releaseLeftFile(
  deps: ReleaseDeps,
  object: UploadedObject,
  outcome: Outcome,
): Promise<Outcome> {
  const isOver =
    outcome.kind === 'ended' || (outcome.kind === 'ignored' && outcome.reason === 'deleted');
  const id = isOver ? analysisIdFor(object) : undefined;
  if (id === undefined) return outcome;
  await quietly(id, async () => {
    const found = await deps.analyses.read(id);
    const name = found?.status === 'deleted' ? found.modelFile : found?.modelFile?.name;
    if (name !== undefined) await remove(deps, name);
  });
  return outcome;
}

/** Of a lease that was lost: another worker may go on with the file. */
async function isUnused({ analyses }: ReleaseDeps, id: string, name: string): Promise<boolean> {
  const found = await analyses.read(id);
  if (!found || found.status === 'deleted' || hasEnded(found.status)) return true;
  return found.modelFile?.name !== name;
}

async function remove({ modelFiles }: ReleaseDeps, name: string): Promise<void> {
  const signal = AbortSignal.timeout(REMOVAL_MS);
  await modelFiles.remove(name, { signal, deadline: Date.now() + REMOVAL_MS });
}

async function quietly(analysisId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const cause = error instanceof Error ? error.message : undefined;
    logger.warn('file left at the model', { analysisId, cause });
  }
}
