import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createClients } from './aws/clients.ts';
import { createDoorSecretReader } from './aws/door-secret.ts';
import { createTokens } from './aws/tokens.ts';
import { createUses } from './aws/uses.ts';
import type { Settings } from './config.ts';
import { createDoor, type Door } from './door.ts';

/** The door of a function that asks who is calling, by the function's settings. */
export function connectDoor(
  table: DynamoDBDocumentClient,
  { TABLE_NAME, DOOR }: Pick<Settings, 'TABLE_NAME' | 'DOOR'>,
): Door {
  return createDoor({
    clients: createClients(table, TABLE_NAME),
    tokens: createTokens(table, TABLE_NAME),
    uses: createUses(table, TABLE_NAME),
    readSecret: createDoorSecretReader(DOOR.secretId),
    allow: DOOR.allow,
    now: Date.now,
  });
}
