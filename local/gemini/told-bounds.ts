import { isSchema, type JsonSchema } from './response-schema.ts';

/** As a description ends where bounds are kept out of the schema: `Bounds: minimum 1, maxItems 4.` */
const TOLD = /\bBounds: (\w+ [\d.e+-]+(?:, \w+ [\d.e+-]+)*)\./g;

/** The schema with the bounds that its descriptions tell of, at every depth: a model reads them there, too. */
export function withToldBounds(schema: JsonSchema): JsonSchema {
  const within = Object.entries(schema).map(([name, value]) => [name, convert(value)]);
  return { ...readBounds(schema.description), ...Object.fromEntries(within) };
}

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  return isSchema(value) ? withToldBounds(value) : value;
}

function readBounds(description: unknown): JsonSchema {
  if (typeof description !== 'string') return {};
  const told = [...description.matchAll(TOLD)].flatMap(([, list = '']) => list.split(', '));
  const bounds = told.map((bound) => {
    const [name = '', value] = bound.split(' ');
    return [name, Number(value)];
  });
  return Object.fromEntries(bounds);
}
