import { createContents } from '../analysis/content.ts';
import { createAnalyses } from '../analysis/record-store.ts';
import { createResults } from '../analysis/result-store.ts';
import { createAnalyzerFinder } from '../analyzers/own-store.ts';
import { createClientSettings } from '../auth/client-settings.ts';
import { connectBucket } from '../aws/connections.ts';
import type { Table } from '../aws/table.ts';
import { createSpending } from '../budget/spending-store.ts';
import type { Settings } from '../config.ts';

type Needed = 'TABLE_NAME' | 'RESULT_BUCKET' | 'CLIENT_BUDGET' | 'RECORD_DAYS';

/** Stores of the functions that create or run analyses, from the function's settings. */
export function connectStores(table: Table, config: Pick<Settings, Needed>) {
  return {
    analyses: createAnalyses(table, config.TABLE_NAME),
    contents: createContents(table, config.TABLE_NAME),
    settings: createClientSettings(table, config.TABLE_NAME),
    spending: createSpending(table, config.TABLE_NAME),
    results: createResults(connectBucket(config.RESULT_BUCKET)),
    findAnalyzer: createAnalyzerFinder(table, config.TABLE_NAME),
    budget: config.CLIENT_BUDGET,
    recordDays: config.RECORD_DAYS,
  };
}
