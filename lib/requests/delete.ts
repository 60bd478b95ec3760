import { type AnalysisRecord, TOMBSTONE_SECONDS, type Tombstone } from '../analysis.ts';
import { DROP_FOLDER, eventIdFor, pictureKey } from '../analysis-id.ts';
import type { Analyses } from '../aws/analyses.ts';
import type { Contents } from '../aws/contents.ts';
import type { Deliveries } from '../aws/deliveries.ts';
import type { Results } from '../aws/results.ts';
import type { Uploads } from '../aws/uploads.ts';
import type { Webhooks } from '../aws/webhooks.ts';
import { ServiceError } from '../errors.ts';
import { CALLBACK } from '../webhooks/webhook-message.ts';
import { nameContent } from '../work/content.ts';

/** Tries against a worker that writes progress at the same time. */
const MAX_BURY_TRIES = 5;

export interface DeleteDeps {
  analyses: Pick<Analyses, 'read' | 'bury'>;
  contents: Pick<Contents, 'forget'>;
  uploads: Pick<Uploads, 'remove'>;
  results: Pick<Results, 'remove'>;
  webhooks: Pick<Webhooks, 'read'>;
  deliveries: Pick<Deliveries, 'remove'>;
  now(): number;
}

/** What was removed, counted by store. */
export interface Deletion {
  id: string;
  deleted: Record<'record' | 'content' | 'object' | 'result' | 'picture', number>;
}

/**
 * Deletes for good: first the tombstone, which stops every worker, then the files.
 * Where the second step failed, the same call finishes it.
 * @throws ServiceError `analysis_not_found`
 */
export async function deleteAnalysis(
  deps: DeleteDeps,
  clientId: string,
  id: string,
): Promise<Deletion> {
  const { stone, record } = await bury(deps, clientId, id);
  const { key, eTag, resultKey, pictureKey: kept, content: held, ...rest } = stone;
  const content = held && (await deps.contents.forget(held, id)) ? 1 : 0;
  const object = key && (await deps.uploads.remove(key, eTag)) ? 1 : 0;
  const result = await removeResult(deps, resultKey);
  const picture = await removeResult(deps, kept);
  await forgetDeliveries(deps, clientId, id);
  await deps.analyses.bury({ ...rest, version: stone.version + 1, purged: true }, stone.version);
  return { id, deleted: { record, content, object, result, picture } };
}

async function removeResult({ results }: DeleteDeps, key: string | undefined): Promise<number> {
  if (!key) return 0;
  await results.remove(key);
  return 1;
}

/** Who was told of its end, and where: an address of the client's may tell of the picture. */
async function forgetDeliveries(deps: DeleteDeps, clientId: string, analysisId: string) {
  const endpoints = await deps.webhooks.read(clientId);
  const id = eventIdFor(analysisId);
  const told = [CALLBACK, ...endpoints.map((endpoint) => endpoint.id)];
  await Promise.all(told.map((endpointId) => deps.deliveries.remove({ clientId, endpointId, id })));
}

async function bury(deps: DeleteDeps, clientId: string, id: string) {
  for (let tries = 0; tries < MAX_BURY_TRIES; tries += 1) {
    const found = await deps.analyses.read(id);
    if (found?.status === 'deleted' && found.ownerId === clientId && !found.purged)
      return { stone: found, record: 0 };
    if (!found || found.status === 'deleted' || found.clientId !== clientId)
      throw new ServiceError('analysis_not_found');
    const stone = describeTombstone(found, deps.now());
    if (await deps.analyses.bury(stone, found.version)) return { stone, record: 1 };
  }
  throw new ServiceError('internal', 'The analysis kept changing. Try again.');
}

function describeTombstone(record: AnalysisRecord, now: number): Tombstone {
  return {
    id: record.id,
    status: 'deleted',
    version: record.version + 1,
    ownerId: record.clientId,
    key: record.source.key,
    // A signed upload may be sent twice, and all of it belongs to this analysis.
    eTag: record.source.key.startsWith(DROP_FOLDER) ? record.eTag : undefined,
    resultKey: record.resultKey,
    modelFile: record.modelFile?.name,
    pictureKey: ownPicture(record),
    content: nameHeld(record),
    purged: false,
    expiresAt: Math.floor(now / 1000) + TOMBSTONE_SECONDS,
  };
}

/** That of a cached answer is the other analysis'. */
function ownPicture({ id, picture }: AnalysisRecord): string | undefined {
  return picture?.key === pictureKey(id) ? picture.key : undefined;
}

/** What the analysis may hold in the content index. */
function nameHeld(record: AnalysisRecord): string | undefined {
  const { cached, source } = record;
  return cached || !source.sha256 ? undefined : nameContent(record, source.sha256);
}
