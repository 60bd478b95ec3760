import { eventIdFor } from '../analysis-id.ts';
import type { Contents } from '../aws/contents.ts';
import type { Deliveries } from '../aws/deliveries.ts';
import type { Results } from '../aws/results.ts';
import type { Webhooks } from '../aws/webhooks.ts';
import { CALLBACK } from '../webhooks/webhook-message.ts';
import { type BuryDeps, bury, finishBurial, removeUploaded } from './bury.ts';

export interface DeleteDeps extends BuryDeps {
  contents: Pick<Contents, 'forget'>;
  results: Pick<Results, 'remove'>;
  webhooks: Pick<Webhooks, 'read'>;
  deliveries: Pick<Deliveries, 'remove'>;
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
  const { resultKey, pictureKey, content: held } = stone;
  const content = held && (await deps.contents.forget(held, id)) ? 1 : 0;
  const object = (await removeUploaded(deps, stone)) ? 1 : 0;
  const result = await removeResult(deps, resultKey);
  const picture = await removeResult(deps, pictureKey);
  await forgetDeliveries(deps, clientId, id);
  await finishBurial(deps, stone);
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
