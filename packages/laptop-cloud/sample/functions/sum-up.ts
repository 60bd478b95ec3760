import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { ScheduledEvent } from 'aws-lambda';

const dynamodb = new DynamoDBClient({});
const TableName = process.env.TABLE_NAME;
const TOTAL = 'all files';

/** Every minute: the words of all files together. */
export async function handler({ time }: ScheduledEvent): Promise<void> {
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName }));
  const words = Items.filter(({ file }) => file?.S !== TOTAL).map((item) => Number(item.words?.N));
  const sum = words.reduce((total, each) => total + each, 0);
  const Item = { file: { S: TOTAL }, words: { N: String(sum) }, time: { S: time } };
  await dynamodb.send(new PutItemCommand({ TableName, Item }));
}
