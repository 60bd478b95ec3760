import * as z from 'zod/mini';
import type { Table } from './table.ts';

/** Versions kept in the instance: they never change. */
const MAX_KEPT_VERSIONS = 100;

/** What is said of a name: its newest version. */
const heading = z.object({ version: z.int(), digest: z.string(), updatedAt: z.string() });
export type Heading = z.infer<typeof heading>;

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
