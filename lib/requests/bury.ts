import { type AnalysisRecord, TOMBSTONE_SECONDS, type Tombstone } from '../analysis.ts';
import { DROP_FOLDER, pictureKey } from '../analysis-id.ts';
import type { Analyses } from '../aws/analyses.ts';
import type { Uploads } from '../aws/uploads.ts';
import { ServiceError } from '../errors.ts';
import { nameContent } from '../work/content.ts';

/** Tries against a worker that writes progress at the same time. */
const MAX_BURY_TRIES = 5;

export interface BuryDeps {
  analyses: Pick<Analyses, 'read' | 'bury'>;
  uploads: Pick<Uploads, 'remove' | 'abortParts'>;
  /** Epoch milliseconds. */
  now(): number;
}

export interface Burial {
  stone: Tombstone;
  /** How many records it has taken the place of: none where an earlier call had come so far. */
  record: 0 | 1;
}

/**
 * Puts a tombstone in the place of the client's analysis, which stops every worker. `check` throws for one
 * that is to stay, and for the tombstone of one that another call has to finish.
 * @throws ServiceError `analysis_not_found`
 */
export async function bury(
  deps: BuryDeps,
  clientId: string,
  id: string,
  check: (found: AnalysisRecord | Tombstone) => void = () => {},
): Promise<Burial> {
  for (let tries = 0; tries < MAX_BURY_TRIES; tries += 1) {
    const found = await deps.analyses.read(id);
    if (!found || !isOpen(found, clientId)) throw new ServiceError('analysis_not_found');
    check(found);
    if (found.status === 'deleted') return { stone: found, record: 0 };
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
    uploadId: record.status === 'awaiting_upload' ? record.multipart?.uploadId : undefined,
    resultKey: record.resultKey,
    modelFile: record.modelFile?.name,
    pictureKey: ownPicture(record),
    content: nameHeld(record),
    purged: false,
    expiresAt: Math.floor(now / 1000) + TOMBSTONE_SECONDS,
  };
}

/** Whether it is the client's, and there is something of it left. */
function isOpen(found: AnalysisRecord | Tombstone, clientId: string): boolean {
  if (found.status === 'deleted') return found.ownerId === clientId && !found.purged;
  return found.clientId === clientId;
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
export async function removeUploaded(
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
export async function finishBurial({ analyses }: BuryDeps, stone: Tombstone): Promise<void> {
  const version = stone.version + 1;
  await analyses.bury({ ...stone, ...REMOVED, version, purged: true }, stone.version);
}
