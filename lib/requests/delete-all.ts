import type { createAnalysisLists } from '../aws/analysis-lists.ts';
import { ServiceError } from '../errors.ts';
import { type DeleteDeps, type Deletion, deleteAnalysis } from './delete.ts';

/** Analyses listed by one query, and deleted at the same time. */
const PAGE_ITEMS = 100;
const AT_ONCE = 10;

export interface DeleteAllDeps extends DeleteDeps, ReturnType<typeof createAnalysisLists> {}

export interface DeletionOfAll {
  /** Whether nothing is left; else the same call goes on. */
  complete: boolean;
  /** What was removed, counted by store. */
  deleted: Deletion['deleted'];
}

/** Deletes a client's analyses with all that belongs to them, as far as the time allows: `until` in epoch milliseconds. */
export async function deleteAll(
  deps: DeleteAllDeps,
  clientId: string,
  until: number,
): Promise<DeletionOfAll> {
  const deleted = { record: 0, content: 0, object: 0, result: 0, picture: 0 };
  let after: string | undefined;
  do {
    const page = await deps.list({ clientId, limit: PAGE_ITEMS, after, now: deps.now() });
    for (let start = 0; start < page.items.length; start += AT_ONCE) {
      if (deps.now() >= until) return { complete: false, deleted };
      const group = page.items.slice(start, start + AT_ONCE);
      const deletions = await Promise.all(group.map(({ id }) => deleteOne(deps, clientId, id)));
      for (const one of deletions) add(deleted, one);
    }
    after = page.next;
  } while (after);
  return { complete: true, deleted };
}

/** The list may show for a moment what is gone already. */
async function deleteOne(deps: DeleteDeps, clientId: string, id: string) {
  try {
    return (await deleteAnalysis(deps, clientId, id)).deleted;
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'analysis_not_found') return undefined;
    throw error;
  }
}

function add(sum: Deletion['deleted'], one: Deletion['deleted'] | undefined): void {
  if (!one) return;
  sum.record += one.record;
  sum.content += one.content;
  sum.object += one.object;
  sum.result += one.result;
  sum.picture += one.picture;
}
