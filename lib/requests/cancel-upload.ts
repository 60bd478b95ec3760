import type { AnalysisRecord, Tombstone } from '../analysis.ts';
import { ServiceError } from '../errors.ts';
import { type BuryDeps, bury, finishBurial, removeUploaded } from './bury.ts';
import type { Deletion } from './delete.ts';

/**
 * Takes back what `POST /v1/uploads` did, as long as no file has come: by parts or by a form.
 * What comes later all the same is removed.
 * @throws ServiceError `analysis_not_found`, `request_invalid` where there is an analysis already
 */
export async function cancelUpload(
  deps: BuryDeps,
  clientId: string,
  id: string,
): Promise<Deletion> {
  const { stone, record } = await bury(deps, clientId, id, checkWaiting);
  const object = (await removeUploaded(deps, stone)) ? 1 : 0;
  await finishBurial(deps, stone);
  return { id, deleted: { record, content: 0, object, result: 0, picture: 0 } };
}

/** Nothing but an upload has ever been of it. */
function checkWaiting(found: AnalysisRecord | Tombstone): void {
  if (found.status === 'awaiting_upload') return;
  if (found.status === 'deleted' && !found.resultKey && !found.pictureKey && !found.content) return;
  const message = `The file has come. DELETE /v1/analyses/${found.id} deletes it and its analysis.`;
  throw new ServiceError('request_invalid', message);
}
