import { readFileSync } from 'node:fs';
import { Validator } from '@cfworker/json-schema';
import { matchRoute } from 'laptop-cloud/routes';

// biome-ignore lint/suspicious/noExplicitAny: a description of an API, walked by its own rules
type Json = any;

const document: Json = JSON.parse(
  readFileSync(new URL('../../lib/openapi.json', import.meta.url), 'utf8'),
);
const validators = new Map<string, Validator>();

/** What the description says of a call; undefined for a route that it does not know. */
function findOperation(method: string, path: string): { key: string; operation: Json } | undefined {
  const routes = Object.entries<Json>(document.paths).flatMap(([pattern, operations]) =>
    Object.keys(operations).map((name) => ({
      routeKey: `${name.toUpperCase()} ${pattern}`,
      functionName: '',
    })),
  );
  const key = matchRoute(routes, method, path.split('?')[0] ?? '')?.route.routeKey;
  const [name = '', pattern = ''] = key?.split(' ') ?? [];
  return key ? { key, operation: document.paths[pattern][name.toLowerCase()] } : undefined;
}

/** Throws where an answer has a status, a type or a shape that lib/openapi.json does not tell. */
export async function checkAnswer(method: string, path: string, response: Response): Promise<void> {
  const found = findOperation(method, path);
  if (!found) return;
  const { status } = response;
  const told = found.operation.responses[status];
  const place = `${found.key} answered ${status}`;
  if (!told) throw new Error(`${place}, of which lib/openapi.json tells nothing`);
  const text = await response.clone().text();
  if (!told.content) {
    if (text) throw new Error(`${place} with a body, which lib/openapi.json does not tell of`);
    return;
  }
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  if (!told.content[type]) throw new Error(`${place} as ${type}, which lib/openapi.json tells not`);
  const { valid, errors } = validatorFor(`${place} ${type}`, told.content[type].schema).validate(
    JSON.parse(text),
  );
  if (!valid) throw new Error(`${place}, off its schema: ${JSON.stringify(errors)}\n${text}`);
}

function validatorFor(name: string, schema: Json): Validator {
  const known = validators.get(name);
  if (known) return known;
  const made = createValidator(schema);
  validators.set(name, made);
  return made;
}

export function createValidator(schema: Json): Validator {
  const { components } = document;
  return new Validator({ ...schema, components }, '2020-12', false);
}
