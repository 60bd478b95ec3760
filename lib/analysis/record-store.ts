import { accepted, shows, type Table, unlessRefused } from '../aws/table.ts';
import { ServiceError } from '../errors.ts';
import { isAnalysisId } from './ids.ts';
import { type AnalysisRecord, analysisRecord, type Tombstone, tombstone } from './record.ts';

/** The table's analyses. Every write is conditional; a refused condition answers false. */
export type Analyses = ReturnType<typeof createAnalyses>;

/** The condition of a write: the version that was read, or the held lease. */
type Guard = { version: number } | { leaseToken: string };

export type Change = { [Name in keyof AnalysisRecord]?: AnalysisRecord[Name] | undefined };

/** Fields that a claim writes; `leaseUntil` in epoch milliseconds. */
export interface LeaseFields {
  status: 'processing';
  stage: 'validating';
  leaseToken: string;
  leaseUntil: number;
  /** ISO 8601; an earlier one in the record stays. */
  startedAt: string;
}

const FREED = { leaseToken: undefined, leaseUntil: undefined, stage: undefined };

export function createAnalyses(table: Table, TableName: string) {
  const keyOf = (id: string) => ({ TableName, Key: { pk: `analysis#${id}` } });

  async function update(id: string, changes: Change, guard: Guard): Promise<boolean> {
    return accepted(table.update({ ...keyOf(id), ...describeUpdate(changes, guard) }));
  }

  /** For a change after which its own guard refuses it: a repetition is known by what the record shows. */
  async function changeOnce(id: string, changes: Change, guard: Guard): Promise<boolean> {
    const written = { ...keyOf(id), ...describeUpdate(dated(changes), guard) };
    return table.updateOnce(written, (item) => shows(item, changes));
  }

  return {
    /** Stores a record where there is none of this id, not even a tombstone; true also where this very one is there. */
    async create(record: AnalysisRecord): Promise<boolean> {
      const Item = {
        ...record,
        pk: keyOf(record.id).Key.pk,
        clientKey: `${record.clientId}#${record.source.key}`,
      };
      const ConditionExpression = 'attribute_not_exists(pk)';
      return table.putOnce({ TableName, Item, ConditionExpression });
    },

    async read(id: string): Promise<AnalysisRecord | Tombstone | undefined> {
      if (!isAnalysisId(id)) return undefined;
      const { Item } = await table.get({ ...keyOf(id), ConsistentRead: true });
      if (!Item || isPast(Item.expiresAt)) return undefined;
      return Item.status === 'deleted' ? tombstone.parse(Item) : analysisRecord.parse(Item);
    },

    /**
     * Claims an analysis that waits, without reading it first, and answers with the record as it was;
     * undefined where there is none, or one in another state.
     */
    async claimWaiting(id: string, fields: LeaseFields): Promise<AnalysisRecord | undefined> {
      const claim = { ...keyOf(id), ...describeClaim(fields) };
      const taken = await unlessRefused(table.update(claim));
      return taken && analysisRecord.parse(taken.Attributes);
    },

    /** Sets what is given, removes what is given as undefined; goes on as long as the lease is held. */
    async advance(id: string, changes: Change, leaseToken: string): Promise<boolean> {
      return update(id, dated(changes), { leaseToken });
    },

    /** The same for a record that was read, as long as it is what was read. */
    async change(id: string, changes: Change, guard: { version: number }): Promise<boolean> {
      return changeOnce(id, changes, guard);
    },

    /** Holds the lease for longer; nothing that a client sees changes. `leaseUntil` in epoch milliseconds. */
    async renew(id: string, leaseToken: string, leaseUntil: number): Promise<boolean> {
      return update(id, { leaseUntil }, { leaseToken });
    },

    /** Changes the record and lets go of the lease: the end of a try, or of the analysis. */
    async settle(id: string, changes: Change, guard: Guard): Promise<boolean> {
      return changeOnce(id, { ...FREED, ...changes }, guard);
    },

    /** Removes the record without a trace: only for one that was made for an object already gone. */
    async forget(id: string, leaseToken: string): Promise<boolean> {
      return table.deleteOnce({ ...keyOf(id), ...guardBy({ leaseToken }) });
    },

    /** Replaces the record that was read by a tombstone. Only unfinished tombstones are in an index. */
    async placeTombstone(stone: Tombstone, readVersion: number): Promise<boolean> {
      const { pk } = keyOf(stone.id).Key;
      const listed = stone.purged ? {} : { clientId: ownerOfTombstone(stone.ownerId) };
      const Item = { ...stone, ...listed, pk };
      const guard = guardBy({ version: readVersion });
      return table.putOnce({ TableName, Item, ...guard });
    },
  };
}

/** The client's own analysis; undefined for an unknown, another client's or a deleted one: they look the same to a client. */
export async function findOwn(
  analyses: Pick<Analyses, 'read'>,
  clientId: string,
  id: string,
): Promise<AnalysisRecord | undefined> {
  const found = await analyses.read(id);
  return found && found.status !== 'deleted' && isOwn(found, clientId) ? found : undefined;
}

/** As `findOwn`. @throws ServiceError `analysis_not_found` */
export async function readOwn(
  analyses: Pick<Analyses, 'read'>,
  clientId: string,
  id: string,
): Promise<AnalysisRecord> {
  const record = await findOwn(analyses, clientId, id);
  if (!record) throw new ServiceError('analysis_not_found');
  return record;
}

/** Whether an analysis belongs to the client; a tombstone does until its files are removed. */
export function isOwn(found: AnalysisRecord | Tombstone, clientId: string): boolean {
  if (found.status === 'deleted') return found.ownerId === clientId && !found.purged;
  return found.clientId === clientId;
}

/** The index key of unfinished deletions, under a name that no client can have. */
export function ownerOfTombstone(clientId: string): string {
  return `#deleted#${clientId}`;
}

function dated(changes: Change): Change {
  return { updatedAt: new Date().toISOString(), ...changes };
}

/** The table itself takes up to some days to remove what has had its time. Epoch seconds. */
function isPast(expiresAt: unknown): boolean {
  return typeof expiresAt === 'number' && expiresAt * 1000 <= Date.now();
}

function guardBy(guard: Guard) {
  const [name = '', value] = Object.entries(guard)[0] ?? [];
  return {
    ConditionExpression: '#guard = :guard',
    ExpressionAttributeNames: { '#guard': name },
    ExpressionAttributeValues: { ':guard': value },
  };
}

function describeClaim(fields: LeaseFields) {
  const { status, stage, leaseToken, leaseUntil, startedAt } = fields;
  return {
    UpdateExpression: `SET version = version + :one, attempts = attempts + :one,
      #status = :status, stage = :stage, leaseToken = :leaseToken, leaseUntil = :leaseUntil,
      startedAt = if_not_exists(startedAt, :startedAt), updatedAt = :startedAt REMOVE expiresAt`,
    ConditionExpression: '#status IN (:awaited, :queued)',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: {
      ':one': 1,
      ':status': status,
      ':stage': stage,
      ':leaseToken': leaseToken,
      ':leaseUntil': leaseUntil,
      ':startedAt': startedAt,
      ':awaited': 'awaiting_upload',
      ':queued': 'queued',
    },
    ReturnValues: 'ALL_OLD' as const,
  };
}

function describeUpdate(changes: Change, guard: Guard) {
  const entries = Object.entries(changes);
  const set = entries.filter(([, value]) => value !== undefined);
  const removed = entries.filter(([, value]) => value === undefined);
  const assignments = ['#version = #version + :one', ...set.map(([name]) => `#${name} = :${name}`)];
  const removal = removed.length > 0 ? ` REMOVE ${removed.map(([name]) => `#${name}`)}` : '';
  const condition = guardBy(guard);
  return {
    UpdateExpression: `SET ${assignments}${removal}`,
    ConditionExpression: condition.ConditionExpression,
    ExpressionAttributeNames: {
      ...condition.ExpressionAttributeNames,
      '#version': 'version',
      ...Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
    },
    ExpressionAttributeValues: {
      ...condition.ExpressionAttributeValues,
      ':one': 1,
      ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
    },
  };
}
