import * as z from 'zod';
import { emptiestMember, emptyScalar, isVerdict, simplestBranch, typeOf } from './empty-values.ts';
import { isSchema, type JsonSchema } from './response-schema.ts';
import { withToldBounds } from './told-bounds.ts';
import type { Knowledge } from './words.ts';

/** References that lead to themselves would never end. */
const MAX_DEPTH = 32;

/** Where an answer says what it is, the first that there is. */
const MARKED = ['caption', 'summary'];
/** Behind the caption of an answer whose schema has no room for not knowing. */
const PLACEHOLDERS = 'Values that the schema demands beyond that are placeholders, not findings.';

interface Filling {
  root: JsonSchema;
  knowledge: Knowledge;
  depth: number;
  /** Told of each value that states what nobody knows. */
  onPlaceholder(): void;
}

/**
 * An answer that the schema accepts. Properties whose name is in `knowledge` get what was measured;
 * others get the emptiest value that is valid where required, and are left out where not. Where such
 * a value states something, the caption says that it is a placeholder.
 */
export function fillSchema(schema: JsonSchema, knowledge: Knowledge): unknown {
  const root = withToldBounds(schema);
  let placeholders = 0;
  const onPlaceholder = () => {
    placeholders += 1;
  };
  const answer = fill(root, { root, knowledge, depth: 0, onPlaceholder });
  return placeholders > 0 ? markPlaceholders(answer, root) : answer;
}

function markPlaceholders(answer: unknown, root: JsonSchema): unknown {
  if (!isSchema(answer) || !isSchema(root.properties)) return answer;
  for (const name of MARKED) {
    if (typeof answer[name] !== 'string') continue;
    const marked = `${answer[name]} ${PLACEHOLDERS}`;
    return accepts(root.properties[name], root, marked) ? { ...answer, [name]: marked } : answer;
  }
  return answer;
}

function fill(node: unknown, filling: Filling): unknown {
  const { root, depth } = filling;
  if (depth > MAX_DEPTH) return null;
  const deeper = { ...filling, depth: depth + 1 };
  const schema = resolve(node, root);
  if (Array.isArray(schema.enum)) {
    const member = emptiestMember(schema.enum);
    if (isVerdict(member)) filling.onPlaceholder();
    return member;
  }
  const branches = branchesOf(schema);
  if (branches !== undefined) {
    return fill(simplestBranch(branches.map((branch) => resolve(branch, root))), deeper);
  }
  if (typeOf(schema) === 'object') return fillObject(schema, deeper);
  const value = typeOf(schema) === 'array' ? fillArray(schema, deeper) : emptyScalar(schema);
  if (value !== null) filling.onPlaceholder();
  return value;
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
