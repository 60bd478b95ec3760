import type { Table } from '../lib/aws/table.ts';

const MARK = { pk: 'local#model-server' };

/**
 * Empties the content index where another model server answered before: who sets a key has not paid
 * for what the stand-in said, and must not be answered by it. To be called while no function runs.
 */
export async function forgetOtherAnswers(
  table: Table,
  TableName: string,
  modelServer: string,
): Promise<void> {
  const { Item } = await table.get({ TableName, Key: MARK });
  if (Item?.modelServer === modelServer) return;
  for (const pk of await listContents(table, TableName)) {
    await table.delete({ TableName, Key: { pk } });
  }
  await table.put({ TableName, Item: { ...MARK, modelServer } });
}

async function listContents(table: Table, TableName: string): Promise<string[]> {
  const found: string[] = [];
  const scan = {
    TableName,
    FilterExpression: 'begins_with(pk, :content)',
    ExpressionAttributeValues: { ':content': 'content#' },
    ProjectionExpression: 'pk',
  };
  for await (const { pk } of table.scan(scan)) found.push(String(pk));
  return found;
}
