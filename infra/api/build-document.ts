import * as z from 'zod';
import type { ErrorCode } from '../../lib/errors.ts';
import { describeAnswers } from './answers.ts';
import { createComponents, type JsonObject } from './components.ts';
import { OPERATIONS } from './operations.ts';
import { type DeclaredRoute, readRoutes } from './read-routes.ts';

const INFO = {
  title: 'Sightline',
  version: '1',
  summary: 'Turns an uploaded picture into a checked, structured analysis.',
  description:
    'Errors are `application/problem+json` (RFC 9457) with a `code` of a closed list. A limit is told in `RateLimit` and `RateLimit-Policy`, and a 429 carries `Retry-After`.',
  license: { name: 'MIT', identifier: 'MIT' },
};

/** The OpenAPI 3.1 description of every route, from the very schemas that check the requests. */
export async function buildDocument(): Promise<JsonObject> {
  const components = createComponents();
  const paths: Record<string, JsonObject> = {};
  for (const route of (await readRoutes()).toSorted(byPath)) {
    const [method = '', path = ''] = route.routeKey.split(' ');
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(route, components) };
  }
  return {
    openapi: '3.1.0',
    info: INFO,
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      schemas: components.schemas(),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A client’s key, or a token.' },
      },
    },
  };
}

function byPath(one: DeclaredRoute, other: DeclaredRoute): number {
  const path = (route: DeclaredRoute) => route.routeKey.split(' ').reverse().join(' ');
  return path(one) < path(other) ? -1 : 1;
}

function describeOperation(
  route: DeclaredRoute,
  components: ReturnType<typeof createComponents>,
): JsonObject {
  const operation = OPERATIONS[route.routeKey];
  if (!operation)
    throw new Error(`${route.routeKey} has no description in infra/api/operations.ts`);
  const { operationId, summary, description, example, form } = operation;
  const input = components.write(route.input);
  const { path, query, headers, body } = shapesOf(input);
  const isRequired = form !== undefined || listRequired(input).includes('body');
  const content = form
    ? { 'multipart/form-data': { schema: components.write(form) } }
    : body && { 'application/json': { schema: body, ...(example && { example }) } };
  const parameters = [
    ...listParameters('path', path),
    ...listParameters('query', query),
    ...listParameters('header', headers),
    ...(route.isIdempotent ? [IDEMPOTENCY_KEY] : []),
  ];
  const needs = route.scope ? `Needs the scope \`${route.scope}\`.` : undefined;
  const isChecked = parameters.length > 0 || content !== undefined;
  const codes = [...listCodes(route, isChecked), ...(operation.errors ?? [])];
  return {
    operationId,
    summary,
    description: [description, needs].filter(Boolean).join(' ') || undefined,
    ...(route.isOpen ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(content ? { requestBody: { ...(isRequired && { required: true }), content } } : {}),
    responses: describeAnswers(operation, codes, route.isLimited, components),
  };
}

/** What any call of its kind may be refused with. */
function listCodes(route: DeclaredRoute, isChecked: boolean): ErrorCode[] {
  return [
    ...(isChecked ? (['request_invalid'] as const) : []),
    ...(route.isOpen ? [] : (['unauthorized', 'forbidden', 'rate_limited'] as const)),
    ...(route.isIdempotent ? (['idempotency_conflict', 'idempotency_mismatch'] as const) : []),
    'internal',
    ...(route.isOpen ? [] : (['unavailable'] as const)),
  ];
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'The same key with the same content, however it is written, gets the same answer, for a day.',
  schema: { type: 'string', pattern: '^[ -~]{1,255}$' },
};

interface Shapes {
  [place: string]: JsonObject | undefined;
}

function shapesOf({ properties = {} }: JsonObject): Shapes {
  return properties as Shapes; // as z.toJSONSchema writes an object
}

function listRequired(shape: JsonObject | undefined): string[] {
  return z.array(z.string()).parse(shape?.required ?? []);
}

function listParameters(place: string, shape: JsonObject | undefined): JsonObject[] {
  const required = listRequired(shape);
  return Object.entries(shapesOf(shape ?? {})).map(([name, given = {}]) => {
    const { description, ...schema } = given;
    const isRequired = place === 'path' || required.includes(name);
    return {
      name,
      in: place,
      ...(description ? { description } : {}),
      required: isRequired,
      schema,
    };
  });
}
