import type * as z from 'zod/mini';
import { connectTable } from '../aws/connections.ts';
import type { Table } from '../aws/table.ts';
import { readConfig, type Settings } from '../config.ts';
import type { Guard } from './guards.ts';
import { createHttpHandler, type Guards, type Route, type RouteRequest } from './http.ts';
import type { Reply } from './problem.ts';

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
