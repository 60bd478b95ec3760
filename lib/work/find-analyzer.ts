import type { Analyzer } from '../analyzers/analyzer.ts';
import { analyzerDefinition, createOwnAnalyzer } from '../analyzers/own.ts';
import { createOwnAnalyzers } from '../analyzers/own-store.ts';
import { type AnalyzerReference, findBuiltIn, isBuiltIn } from '../analyzers/registry.ts';
import type { Table } from '../aws/table.ts';

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
