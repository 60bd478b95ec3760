import type { Table } from '../aws/table.ts';
import type { Settings } from '../config.ts';
import { type Authenticate, createAuthenticator } from './authenticate.ts';
import { createClientSettings } from './client-settings.ts';
import { createJwtReader } from './jwt.ts';
import { createClients, createTokens, createUses } from './key-store.ts';
import { createStageSecretReader } from './stage-secret.ts';

/** The authenticator of a function, from its settings. */
export function connectAuth(
  table: Table,
  { TABLE_NAME, DOOR }: Pick<Settings, 'TABLE_NAME' | 'DOOR'>,
): Authenticate {
  return createAuthenticator({
    clients: createClients(table, TABLE_NAME),
    tokens: createTokens(table, TABLE_NAME),
    uses: createUses(table, TABLE_NAME),
    settings: createClientSettings(table, TABLE_NAME),
    readJwt: DOOR.jwt && createJwtReader(DOOR.jwt),
    readSecret: createStageSecretReader(DOOR.secretId),
    allow: DOOR.allow,
    addressHeader: DOOR.addressHeader,
    now: Date.now,
  });
}
