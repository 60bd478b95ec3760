import * as z from 'zod';
import { emptiestMember, emptyScalar, simplestBranch, typeOf } from './empty-values.ts';
import { isSchema, type JsonSchema } from './response-schema.ts';
import { withToldBounds } from './told-bounds.ts';
import type { Knowledge } from './words.ts';

/** References that lead to themselves would never end. */
const MAX_DEPTH = 32;

interface Filling {
  root: JsonSchema;
  knowledge: Knowledge;
  depth: number;
}

/**
 * An answer that the schema accepts. Properties whose name is in `knowledge` get what was measured;
 * others get the emptiest value that is valid where required, and are left out where not.
 */
export function fillSchema(schema: JsonSchema, knowledge: Knowledge): unknown {
  const root = withToldBounds(schema);
  return fill(root, { root, knowledge, depth: 0 });
}

function fill(node: unknown, filling: Filling): unknown {
  const { root, depth } = filling;
  if (depth > MAX_DEPTH) return null;
  const deeper = { ...filling, depth: depth + 1 };
  const schema = resolve(node, root);
  if (Array.isArray(schema.enum)) return emptiestMember(schema.enum);
  const branches = branchesOf(schema);
  if (branches !== undefined) {
    return fill(simplestBranch(branches.map((branch) => resolve(branch, root))), deeper);
  }
  if (typeOf(schema) === 'array') return fillArray(schema, deeper);
  return typeOf(schema) === 'object' ? fillObject(schema, deeper) : emptyScalar(schema);
}

/** As few as are allowed: none, mostly. */
function fillArray({ minItems, prefixItems, items }: JsonSchema, filling: Filling): unknown[] {
  const places = Array.isArray(prefixItems) ? prefixItems : [];
  const length = typeof minItems === 'number' ? minItems : 0;
  return Array.from({ length }, (_, index) => fill(places[index] ?? items, filling));
}

function fillObject(schema: JsonSchema, filling: Filling): JsonSchema {
  const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const properties = isSchema(schema.properties) ? Object.entries(schema.properties) : [];
  const filled: JsonSchema = {};
  for (const [name, child] of properties) {
    const value = fillProperty(name, child, { ...filling, required: required.includes(name) });
    if (value !== undefined) filled[name] = value;
  }
  return filled;
}

function fillProperty(
  name: string,
  child: unknown,
  { required, ...filling }: Filling & { required: boolean },
): unknown {
  // An answer that is optional is one to a question that nobody asked.
  if (name === 'answer' && !required) return undefined;
  const known = Object.hasOwn(filling.knowledge, name) ? filling.knowledge[name] : undefined;
  const value = known?.find((one) => accepts(child, filling.root, one));
  return value === undefined && required ? fill(child, filling) : value;
}

/** A schema that zod cannot read accepts nothing: the emptiest value is then the safer one. */
function accepts(node: unknown, root: JsonSchema, value: unknown): boolean {
  const schema: unknown = { $defs: root.$defs ?? {}, ...resolve(node, root) };
  try {
    return isZodInput(schema) && z.fromJSONSchema(schema).safeParse(value).success;
  } catch {
    return false;
  }
}

/** zod reads the keywords itself and throws at what they should not be. */
function isZodInput(schema: unknown): schema is z.core.JSONSchema.BaseSchema {
  return isSchema(schema);
}

/** Follows `#/$defs/…`; whatever is no schema accepts anything, like `true`. */
function resolve(node: unknown, root: JsonSchema): JsonSchema {
  let here = node;
  for (let hops = 0; hops < MAX_DEPTH; hops += 1) {
    if (!isSchema(here)) return {};
    if (typeof here.$ref !== 'string') return here;
    const steps = here.$ref.split('/').slice(1);
    here = steps.reduce<unknown>((from, step) => (isSchema(from) ? from[step] : undefined), root);
  }
  return {};
}

function branchesOf(schema: JsonSchema): unknown[] | undefined {
  if (Array.isArray(schema.anyOf)) return schema.anyOf;
  if (Array.isArray(schema.oneOf)) return schema.oneOf;
  if (Array.isArray(schema.type)) return schema.type.map((type) => ({ ...schema, type }));
  return undefined;
}
