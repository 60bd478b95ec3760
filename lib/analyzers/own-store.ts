import * as z from 'zod/mini';
import { accepted, type Table, type Update } from '../aws/table.ts';
import type { Analyzer } from './analyzer.ts';
import { analyzerDefinition, createOwnAnalyzer } from './own.ts';
import { type AnalyzerReference, findBuiltIn, isBuiltIn } from './registry.ts';

/** Versions kept in the instance: they never change. */
const MAX_KEPT_VERSIONS = 100;

/** What is said of a name: its newest version. */
const heading = z.object({ version: z.int(), digest: z.string(), updatedAt: z.string() });
type Heading = z.infer<typeof heading>;

const storedAnalyzer = z.object({
  name: z.string(),
  version: z.int(),
  /** ISO 8601. */
  createdAt: z.string(),
  digest: z.string(),
  /** JSON: the table's maps keep no order, and a schema's is meant. */
  definition: z.string(),
});
export type StoredAnalyzer = z.infer<typeof storedAnalyzer>;

export type OwnAnalyzers = ReturnType<typeof createOwnAnalyzers>;

/**
 * The analyzers that clients have put: an item for each version, never written again, and one for each
 * client with the newest version of every name, so that each question is the read of one item.
 */
export function createOwnAnalyzers(table: Table, TableName: string) {
  const kept = new Map<string, StoredAnalyzer>();

  async function read(pk: string): Promise<Record<string, unknown> | undefined> {
    const query = { TableName, Key: { pk }, ConsistentRead: true };
    return (await table.get(query)).Item;
  }

  return {
    /** The client's names, each with its newest version. */
    async list(clientId: string): Promise<Map<string, Heading>> {
      const attributes = Object.entries((await read(listKey(clientId))) ?? {});
      const named = attributes.filter(([attribute]) => attribute.startsWith('@'));
      return new Map(named.map(([attribute, value]) => [attribute.slice(1), heading.parse(value)]));
    },

    async readVersion(clientId: string, name: string, version: number) {
      const pk = versionKey(clientId, name, version);
      const known = kept.get(pk);
      if (known) return known;
      const item = await read(pk);
      if (!item) return undefined;
      if (kept.size >= MAX_KEPT_VERSIONS) kept.clear();
      const analyzer = storedAnalyzer.parse(item);
      kept.set(pk, analyzer);
      return analyzer;
    },
  };
}

/** The item with a client's names: each is an attribute of its own, `@NAME`. */
export function listKey(clientId: string): string {
  return `analyzers#${clientId}`;
}

/** The client stands last: its id may hold any character, a name and a version may not. */
export function versionKey(clientId: string, name: string, version: number): string {
  return `analyzer#${name}@${version}#${clientId}`;
}

/** Names that one client may use, and versions of each. */
export const MAX_OWN_ANALYZERS = 100;
export const MAX_ANALYZER_VERSIONS = 1_000;
/** Tries at a version's number; each is lost to another writer who was quicker. */
const MAX_TRIES = 100;

interface NewVersion {
  clientId: string;
  name: string;
  /** Of the definition: what is the same has the same. */
  digest: string;
  /** JSON. */
  definition: string;
  /** ISO 8601. */
  createdAt: string;
}

type Taken = { kind: 'stored' | 'unchanged'; analyzer: StoredAnalyzer };
type WriteOutcome = Taken | { kind: 'too_many_names' | 'too_many_versions' };

/**
 * Writes new versions of clients' analyzers. A version is whole before the list names it, and is never
 * written twice; writers at the same moment get different numbers, but for the same content the same one.
 */
export function createAnalyzerWriter(table: Table, TableName: string, own: OwnAnalyzers) {
  /** False where the version is there already. */
  async function writeVersion({ clientId, ...analyzer }: NewVersion, version: number) {
    const Item = { pk: versionKey(clientId, analyzer.name, version), ...analyzer, version };
    const ConditionExpression = 'attribute_not_exists(pk)';
    return table.putOnce({ TableName, Item, ConditionExpression });
  }

  async function update(clientId: string, changes: Omit<Update, 'TableName' | 'Key'>) {
    const Key = { pk: listKey(clientId) };
    return accepted(table.update({ TableName, Key, ...changes }));
  }

  /** Names the version as the newest, unless a newer one is; false where the client has too many names. */
  async function announce(clientId: string, analyzer: StoredAnalyzer) {
    if (await update(clientId, describeNewer(analyzer))) return true;
    if (await update(clientId, describeFirst(analyzer))) return true;
    return (await own.list(clientId)).has(analyzer.name);
  }

  /** The version as ours, now or by another with the same content; undefined where it holds something else. */
  async function take(given: NewVersion, version: number): Promise<Taken | undefined> {
    const { clientId, name, digest } = given;
    if (await writeVersion(given, version))
      return { kind: 'stored', analyzer: { ...given, version } };
    const there = await own.readVersion(clientId, name, version);
    return there?.digest === digest ? { kind: 'unchanged', analyzer: there } : undefined;
  }

  /** The first version after `last` that can be ours. */
  async function takeNext(given: NewVersion, last: number): Promise<WriteOutcome> {
    for (let version = last + 1; version <= last + MAX_TRIES; version += 1) {
      if (version > MAX_ANALYZER_VERSIONS) return { kind: 'too_many_versions' };
      const taken = await take(given, version);
      if (taken) return taken;
    }
    throw new Error(`No version of ${given.name} could be written in ${MAX_TRIES} tries`);
  }

  return {
    async write(given: NewVersion): Promise<WriteOutcome> {
      const { clientId, name, digest } = given;
      const names = await own.list(clientId);
      const newest = names.get(name);
      if (!newest && names.size >= MAX_OWN_ANALYZERS) return { kind: 'too_many_names' };
      const same =
        newest?.digest === digest && (await own.readVersion(clientId, name, newest.version));
      if (same) return { kind: 'unchanged', analyzer: same };
      const taken = await takeNext(given, newest?.version ?? 0);
      if (!('analyzer' in taken)) return taken;
      return (await announce(clientId, taken.analyzer)) ? taken : { kind: 'too_many_names' };
    },
  };
}

function describeNewer({ name, version, digest, createdAt }: StoredAnalyzer) {
  const heading = { version, digest, updatedAt: createdAt };
  return {
    UpdateExpression: 'SET #name = :heading',
    ConditionExpression: '#name.#version < :version',
    ExpressionAttributeNames: { '#name': `@${name}`, '#version': 'version' },
    ExpressionAttributeValues: { ':heading': heading, ':version': version },
  };
}

function describeFirst({ name, version, digest, createdAt }: StoredAnalyzer) {
  const heading = { version, digest, updatedAt: createdAt };
  const hasRoom = '(attribute_not_exists(#names) OR #names < :most)';
  return {
    UpdateExpression: 'SET #name = :heading ADD #names :one',
    ConditionExpression: `attribute_not_exists(#name) AND ${hasRoom}`,
    ExpressionAttributeNames: { '#name': `@${name}`, '#names': 'names' },
    ExpressionAttributeValues: { ':heading': heading, ':one': 1, ':most': MAX_OWN_ANALYZERS },
  };
}

export type FindAnalyzer = (
  clientId: string,
  reference: AnalyzerReference,
) => Promise<Analyzer | undefined>;

/** Finds built-in analyzers, without a read, and the client's own; the newest version where none is named. */
export function createAnalyzerFinder(table: Table, tableName: string): FindAnalyzer {
  const own = createOwnAnalyzers(table, tableName);
  return async (clientId, { name, version }) => {
    if (isBuiltIn(name)) return findBuiltIn(name, version);
    const wanted = version ?? (await own.list(clientId)).get(name)?.version;
    const found = wanted && (await own.readVersion(clientId, name, wanted));
    if (!found) return undefined;
    const definition = analyzerDefinition.parse(JSON.parse(found.definition));
    return createOwnAnalyzer(found.name, found.version, definition);
  };
}
