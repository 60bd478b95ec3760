import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  ScanCommand,
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
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await table.send(
      new ScanCommand({
        TableName,
        FilterExpression: 'begins_with(pk, :content)',
        ExpressionAttributeValues: { ':content': 'content#' },
        ProjectionExpression: 'pk',
        ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
      }),
    );
    found.push(...(page.Items ?? []).map(({ pk }) => String(pk)));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return found;
}
