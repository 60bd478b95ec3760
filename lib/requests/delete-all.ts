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
  for await (const group of listGroups(deps, clientId)) {
    if (deps.now() >= until) return { complete: false, deleted };
    const deletions = await Promise.all(group.map((id) => deleteOne(deps, clientId, id)));
    for (const one of deletions) add(deleted, one);
  }
  return { complete: true, deleted };
}

/** Those that an earlier call has begun come last: their records are in no list of analyses any more. */
async function* listGroups(deps: DeleteAllDeps, clientId: string): AsyncGenerator<string[]> {
  let after: string | undefined;
  do {
    const page = await deps.list({ clientId, limit: PAGE_ITEMS, after, now: deps.now() });
    yield* inGroups(page.items.map(({ id }) => id));
    after = page.next;
  } while (after);
  const seen = new Set<string>(); // the index may show for a moment what is finished
  for (;;) {
    const buried = await deps.listBuried(clientId, PAGE_ITEMS);
    const left = buried.filter((id) => !seen.has(id));
    if (left.length === 0) return;
    for (const id of left) seen.add(id);
    yield* inGroups(left);
  }
}

function* inGroups(ids: readonly string[]): Generator<string[]> {
  for (let start = 0; start < ids.length; start += AT_ONCE) yield ids.slice(start, start + AT_ONCE);
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
