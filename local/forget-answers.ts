import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateScan,
} from '@aws-sdk/lib-dynamodb';

const MARK = { pk: 'local#model-server' };

/**
 * Empties the content index where another model server answered before: who sets a key has not paid
 * for what the stand-in said, and must not be answered by it. To be called while no function runs.
 */
export async function forgetOtherAnswers(
  table: DynamoDBDocumentClient,
  TableName: string,
  modelServer: string,
): Promise<void> {
  const { Item } = await table.send(new GetCommand({ TableName, Key: MARK }));
  if (Item?.modelServer === modelServer) return;
  for (const pk of await listContents(table, TableName)) {
    await table.send(new DeleteCommand({ TableName, Key: { pk } }));
  }
  await table.send(new PutCommand({ TableName, Item: { ...MARK, modelServer } }));
}

async function listContents(table: DynamoDBDocumentClient, TableName: string): Promise<string[]> {
  const found: string[] = [];
  const scan = {
    TableName,
    FilterExpression: 'begins_with(pk, :content)',
    ExpressionAttributeValues: { ':content': 'content#' },
    ProjectionExpression: 'pk',
  };
  for await (const { Items = [] } of paginateScan({ client: table }, scan))
    found.push(...Items.map(({ pk }) => String(pk)));
  return found;
}
