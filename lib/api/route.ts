import type * as z from 'zod/mini';
import { connectAuth } from '../auth/authenticate.ts';
import { connectTable } from '../aws/connections.ts';
import type { Table } from '../aws/table.ts';
import { readConfig, type Settings } from '../config.ts';
import { limitReads, limitUploads } from '../rates/rate-lease.ts';
import { createHttpHandler, type Guards, type Route, type RouteRequest } from './http.ts';
import { connectIdempotency } from './idempotency.ts';
import type { Reply } from './problem.ts';

/** A check before a route's work, and the settings that it needs. Each is a value of its own: a zip holds only those that its route names. */
interface Guard<Name extends keyof Settings = keyof Settings> {
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

interface GuardedRoute<Schema extends z.core.$ZodType, Deps, Name extends keyof Settings>
  extends Omit<Route<Schema>, keyof Guards | 'handle'> {
  guards: readonly Guard[];
  /** Beside those of the guards. */
  settings?: readonly Name[];
  /** The stores and clients of the use case. */
  connect(table: Table, config: Pick<Settings, Name | 'TABLE_NAME'>): Deps;
  handle(deps: Deps, request: RouteRequest<z.output<Schema>>): Promise<Reply>;
}

/**
 * The function of a route with guards: reads its settings, and connects guards and use case. For tests,
 * `createHandler` takes others. A route that is open to anyone takes createHttpHandler: its zip holds no table.
 */
export function route<
  Schema extends z.core.$ZodType,
  Deps extends object,
  Name extends keyof Settings = never,
>({ guards, settings = [], connect, handle, ...declared }: GuardedRoute<Schema, Deps, Name>) {
  const build = (deps: Deps, { door, limit, idempotency }: Partial<Guards>) =>
    createHttpHandler({
      ...declared,
      door,
      limit,
      idempotency,
      handle: (request) => handle(deps, request),
    });

  const guardSettings = guards.flatMap((guard) => guard.settings);
  const names: (keyof Settings)[] = ['TABLE_NAME', ...settings, ...guardSettings];
  const config = readConfig(names);
  const table = connectTable();
  const connected = guards.map((guard) => guard.connect(table, config));
  return {
    createHandler: (deps: Deps & Guards) => build(deps, deps),
    handler: build(connect(table, config), Object.assign({}, ...connected)),
  };
}
