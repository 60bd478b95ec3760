import { fileURLToPath } from 'node:url';
import { readTemplate } from 'laptop-cloud/template';
import type * as z from 'zod';
import type { Route } from '../../lib/api/http.ts';

const TEMPLATE = fileURLToPath(new URL('../../serverless.yml', import.meta.url));
/** In the place of what only a deployment knows: text, and an address, too. */
const UNKNOWN = 'https://sightline.invalid';

/** A route, and what the handler that is deployed for it checks. */
export interface DeclaredRoute extends Pick<Route<z.core.$ZodType>, 'scope' | 'json' | 'input'> {
  /** As in serverless.yml: `GET /v1/analyses/{id}`. */
  routeKey: string;
  isOpen: boolean;
  isLimited: boolean;
  isIdempotent: boolean;
}

/** Every route of serverless.yml but the one that takes the rest. */
export async function readRoutes(): Promise<DeclaredRoute[]> {
  const { functions } = readTemplate(TEMPLATE, { stage: 'dev', region: 'us-east-1' });
  const routes: DeclaredRoute[] = [];
  for (const { handler, environment, routes: routeKeys } of functions) {
    const named = routeKeys.filter((routeKey) => routeKey !== '$default');
    if (named.length === 0) continue;
    fillEnvironment(environment);
    const file = handler.replace(/\.handler$/, '.ts');
    const url = new URL(`../../${file}`, import.meta.url).href;
    const { handler: deployed } = await import(/* @vite-ignore */ url);
    const { route } = deployed as { route: Route<z.core.$ZodType> };
    const { scope, json, input, door, limit, idempotency } = route;
    const checks = { isOpen: !door, isLimited: Boolean(limit), isIdempotent: Boolean(idempotency) };
    for (const routeKey of named)
      routes.push({ routeKey, ...checks, input, ...(scope && { scope }), ...(json && { json }) });
  }
  return routes;
}

/** A function reads its settings as it is loaded, and the credentials that it calls AWS with. */
function fillEnvironment(environment: Record<string, unknown>): void {
  process.env.AWS_ACCESS_KEY_ID ??= 'none';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'none';
  for (const [name, value] of Object.entries(environment))
    process.env[name] = typeof value === 'object' ? UNKNOWN : String(value);
}
