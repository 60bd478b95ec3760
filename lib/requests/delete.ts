import { type Contents, nameContent } from '../analysis/content.ts';
import { DROP_FOLDER, eventIdFor, pictureKey } from '../analysis/ids.ts';
import type { createAnalysisLists } from '../analysis/list-store.ts';
import { type AnalysisRecord, TOMBSTONE_SECONDS, type Tombstone } from '../analysis/record.ts';
import { type Analyses, isOwn } from '../analysis/record-store.ts';
import type { Results } from '../analysis/result-store.ts';
import type { Uploads } from '../aws/uploads.ts';
import { ServiceError } from '../errors.ts';
import type { Deliveries } from '../webhooks/delivery-store.ts';
import type { Webhooks } from '../webhooks/endpoint-store.ts';
import { CALLBACK } from '../webhooks/webhook-event.ts';

/** Tries against a worker that writes progress at the same time. */
const MAX_BURY_TRIES = 5;

export interface BuryDeps {
  analyses: Pick<Analyses, 'read' | 'placeTombstone'>;
  uploads: Pick<Uploads, 'remove' | 'abortParts'>;
  /** Epoch milliseconds. */
  now(): number;
}

interface Burial {
  stone: Tombstone;
  /** How many records it has taken the place of: none where an earlier call had come so far. */
  record: 0 | 1;
}

/**
 * Puts a tombstone in the place of the client's analysis, which stops every worker. `check` throws for one
 * that is to stay, and for the tombstone of one that another call has to finish.
 * @throws ServiceError `analysis_not_found`
 */
async function bury(
  deps: BuryDeps,
  clientId: string,
  id: string,
  check: (found: AnalysisRecord | Tombstone) => void = () => {},
): Promise<Burial> {
  for (let tries = 0; tries < MAX_BURY_TRIES; tries += 1) {
    const found = await deps.analyses.read(id);
    if (!found || !isOwn(found, clientId)) throw new ServiceError('analysis_not_found');
    check(found);
    if (found.status === 'deleted') return { stone: found, record: 0 };
    const stone = describeTombstone(found, deps.now());
    if (await deps.analyses.placeTombstone(stone, found.version)) return { stone, record: 1 };
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
    uploadId: record.status === 'awaiting_upload' ? record.multipart?.uploadId : undefined,
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

/** What was uploaded of it: the parts first, for they may become the file at this very moment. */
async function removeUploaded(
  { uploads }: BuryDeps,
  { key, eTag, uploadId }: Tombstone,
): Promise<boolean> {
  if (!key) return false;
  const hadParts = uploadId ? await uploads.abortParts(key, uploadId) : false;
  return (await uploads.remove(key, eTag)) || hadParts;
}

const REMOVED = {
  key: undefined,
  eTag: undefined,
  uploadId: undefined,
  resultKey: undefined,
  pictureKey: undefined,
  content: undefined,
};

/** Notes that nothing is left of it but, perhaps, what a worker has yet to let go of. */
async function finishBurial({ analyses }: BuryDeps, stone: Tombstone): Promise<void> {
  const version = stone.version + 1;
  await analyses.placeTombstone({ ...stone, ...REMOVED, version, purged: true }, stone.version);
}

export interface DeleteDeps extends BuryDeps {
  contents: Pick<Contents, 'forget'>;
  results: Pick<Results, 'remove'>;
  webhooks: Pick<Webhooks, 'read'>;
  deliveries: Pick<Deliveries, 'remove'>;
}

/** What was removed, counted by store. */
interface Deletion {
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

/** Analyses listed by one query, and deleted at the same time. */
const PAGE_ITEMS = 100;
const AT_ONCE = 10;

export interface DeleteAllDeps extends DeleteDeps, ReturnType<typeof createAnalysisLists> {}

interface DeletionOfAll {
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
