import { analysisRecord } from '../lib/analysis.ts';
import { createAnalyses } from '../lib/aws/analyses.ts';
import type { Table } from '../lib/aws/table.ts';

/**
 * Puts every analysis that was at work when the stack ended back to `queued`, at once and without
 * counting the try: a laptop that is switched off is not the file's fault. To be called while no
 * function runs. Returns how many there were.
 */
export async function releaseLeases(table: Table, TableName: string): Promise<number> {
  const analyses = createAnalyses(table, TableName);
  let released = 0;
  const scan = {
    TableName,
    FilterExpression: '#status = :status',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: { ':status': 'processing' },
  };
  for await (const item of table.scan(scan)) {
    const { id, version, attempts } = analysisRecord.parse(item);
    const back = { status: 'queued', attempts: Math.max(0, attempts - 1) } as const;
    released += (await analyses.settle(id, back, { version })) ? 1 : 0;
  }
  return released;
}
