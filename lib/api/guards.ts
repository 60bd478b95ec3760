import { connectAuth } from '../auth/connect-auth.ts';
import type { Table } from '../aws/table.ts';
import type { Settings } from '../config.ts';
import { limitReads, limitUploads } from '../rates/rate-lease.ts';
import type { Guards } from './http.ts';
import { connectIdempotency } from './idempotency.ts';

/** A check before a route's work, and the settings that it needs. Each is a value of its own: a zip holds only those that its route names. */
export interface Guard<Name extends keyof Settings = keyof Settings> {
  settings: readonly Name[];
  connect(table: Table, config: Pick<Settings, Name>): Partial<Guards>;
}

/** Only known clients; the route's `scope` says which of their keys. */
export const auth: Guard<'TABLE_NAME' | 'DOOR'> = {
  settings: ['TABLE_NAME', 'DOOR'],
  connect: (table, config) => ({ door: connectAuth(table, config) }),
};

/** The limit on uploads and analyses, which cost money. */
export const uploadRate: Guard<'TABLE_NAME' | 'RATE_LIMIT_PER_MINUTE'> = {
  settings: ['TABLE_NAME', 'RATE_LIMIT_PER_MINUTE'],
  connect: (table, config) => ({ limit: limitUploads(table, config) }),
};

/** The limit on every other request. */
export const readRate: Guard<'TABLE_NAME' | 'READ_LIMIT_PER_MINUTE'> = {
  settings: ['TABLE_NAME', 'READ_LIMIT_PER_MINUTE'],
  connect: (table, config) => ({ limit: limitReads(table, config) }),
};

/** A request with an `Idempotency-Key` runs once. */
export const idempotency: Guard<'TABLE_NAME'> = {
  settings: ['TABLE_NAME'],
  connect: (table, config) => ({ idempotency: connectIdempotency(table, config) }),
};
