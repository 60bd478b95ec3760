import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

const dynamodb = new DynamoDBClient({});
const secrets = new SecretsManagerClient({});

/** The number of words of one file, for whoever has the token. */
export async function handler(
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> {
  const secret = new GetSecretValueCommand({ SecretId: process.env.TOKEN_SECRET });
  const { SecretString: token } = await secrets.send(secret);
  if (event.headers.authorization !== `Bearer ${token}`) return { statusCode: 401 };
  const Key = { file: { S: event.pathParameters?.file ?? '' } };
  const read = new GetItemCommand({ TableName: process.env.TABLE_NAME, Key });
  const { Item } = await dynamodb.send(read);
  if (!Item) return { statusCode: 404 };
  const body = JSON.stringify({ words: Number(Item.words?.N) });
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body };
}
