import { findBoundFaults } from './schema-bounds.ts';
import {
  isSchema,
  type JsonSchema,
  KEYWORDS,
  MAX_LEAST_ITEMS,
  MAX_PROPERTY_NAME_CHARACTERS,
  MAX_SCHEMA_CHARACTERS,
  MAX_SCHEMA_DEPTH,
  MAX_SCHEMA_NODES,
  REFUSED_KEYWORDS,
  ROOT_KEYWORDS,
  type TypeName,
} from './schema-keywords.ts';

/** A fault's message, and the steps to where it stands. */
type LocalFault = [message: string, ...steps: (string | number)[]];

function typesOf({ type }: JsonSchema): TypeName[] {
  return [type].flat().filter((name): name is TypeName => typeof name === 'string');
}

/** A schema says one thing: which type, which of several schemas, or which other one. */
function findFormFaults(schema: JsonSchema): LocalFault[] {
  const { type, anyOf, oneOf, $ref, enum: values, const: only } = schema;
  const said = [type ?? values ?? only, anyOf, oneOf, $ref].filter((one) => one !== undefined);
  if (said.length === 0) return [['has to say its `type`']];
  if (said.length > 1) return [['may have one of `type`, `anyOf`, `oneOf` and `$ref`']];
  if (said[0] === type || values !== undefined || only !== undefined)
    return [...findTypeFaults(schema), ...findBoundFaults(schema)];
  return findStrays(schema);
}

/** Beside a reference or a choice nothing else would be looked at. */
function findStrays(schema: JsonSchema): LocalFault[] {
  const allowed = ['title', 'description', '$schema', '$id', '$defs', 'anyOf', 'oneOf', '$ref'];
  const strays = Object.keys(schema).filter((keyword) => !allowed.includes(keyword));
  return strays.map((keyword) => ['may not stand here: put it into the schemas meant', keyword]);
}

function findTypeFaults(schema: JsonSchema): LocalFault[] {
  const types = typesOf(schema).filter((type) => type !== 'null');
  if (Array.isArray(schema.type) && types.length !== 1)
    return [['may hold one type and "null": for more, use `anyOf`', 'type']];
  if (types[0] === 'array' && !schema.items && !schema.prefixItems)
    return [['needs `items`', 'items']];
  return types[0] === 'object' ? findObjectFaults(schema) : [];
}

function findObjectFaults(schema: JsonSchema): LocalFault[] {
  const { properties, required, additionalProperties } = schema;
  const names = isSchema(properties) ? Object.keys(properties) : [];
  if (names.length === 0 && !isSchema(additionalProperties))
    return [['has to name what is asked for', 'properties']];
  const wanted = Array.isArray(required) ? required : [];
  return wanted.flatMap((name, index): LocalFault[] =>
    names.includes(name) ? [] : [['names no property that is there', 'required', index]],
  );
}

/** What is wrong with the names of an object's properties. */
function findNameFaults(properties: unknown): LocalFault[] {
  return Object.entries(isSchema(properties) ? properties : {}).flatMap(
    ([name, child]): LocalFault[] => {
      const problem = findProblem(name, child);
      return problem ? [[problem, 'properties', name]] : [];
    },
  );
}

function findProblem(name: string, child: unknown): string | undefined {
  if (name === '' || name.length > MAX_PROPERTY_NAME_CHARACTERS)
    return `needs a name of 1 to ${MAX_PROPERTY_NAME_CHARACTERS} characters`;
  if (name in Object.prototype) return 'cannot have this name'; // it would be found where it is not
  if (!isBoxName(name) || isBox(child)) return undefined;
  return 'has `box` in its name, for which models give four integers: make it an array of integers, or rename it';
}

/** Models give four integers for every name with `box` in it, whatever the schema says. */
export function isBoxName(name: string): boolean {
  return /box/i.test(name);
}

function isBox(schema: unknown): boolean {
  if (!isSchema(schema)) return false;
  const { type, items, prefixItems, minItems = 4, maxItems = 4, anyOf } = schema;
  if (Array.isArray(anyOf)) return anyOf.every((one) => isBox(one) || one?.type === 'null');
  if (![type].flat().includes('array') || prefixItems !== undefined || !isSchema(items))
    return false;
  return items.type === 'integer' && Number(minItems) <= 4 && Number(maxItems) >= 4;
}

/** What is wrong with a schema, and where: a JSON Pointer (RFC 6901) into it. */
interface SchemaFault {
  pointer: string;
  message: string;
}

type Steps = readonly (string | number)[];

function toPointer(steps: Steps): string {
  const encode = (step: string) => step.replaceAll('~', '~0').replaceAll('/', '~1');
  return steps.map((step) => `/${encode(String(step))}`).join('');
}

type Child = [steps: Steps, schema: unknown];

/** The schemas within a schema, each with the steps that lead to it. */
function listChildren(schema: JsonSchema): Child[] {
  const named = (['properties', '$defs'] as const).flatMap((keyword) => {
    const group = schema[keyword];
    return isSchema(group)
      ? Object.entries(group).map(([name, child]): Child => [[keyword, name], child])
      : [];
  });
  const listed = (['anyOf', 'oneOf', 'prefixItems'] as const).flatMap((keyword) => {
    const group = schema[keyword];
    return Array.isArray(group)
      ? group.map((child, index): Child => [[keyword, index], child])
      : [];
  });
  const single = (['items', 'additionalProperties'] as const).flatMap((keyword): Child[] =>
    isSchema(schema[keyword]) ? [[[keyword], schema[keyword]]] : [],
  );
  return [...named, ...listed, ...single];
}

interface Walk {
  definitions: JsonSchema;
  faults: SchemaFault[];
  nodes: number;
}

interface Place {
  place: Steps;
  /** The definitions that the node stands in. */
  trail: readonly string[];
  depth: number;
  /** How often the lists around it ask for it at the least. */
  least: number;
}

/**
 * References that lead to nothing or back to themselves, and a schema that is too large once they are
 * followed: a few lines can stand for millions.
 */
function findReferenceFaults(schema: JsonSchema): SchemaFault[] {
  const { $defs, ...root } = schema;
  const walk: Walk = { definitions: isSchema($defs) ? $defs : {}, faults: [], nodes: 0 };
  follow(walk, root, { place: [], trail: [], depth: 0, least: 1 });
  return walk.faults;
}

function follow(walk: Walk, node: unknown, here: Place): void {
  walk.nodes += 1;
  if (!isSchema(node) || walk.faults.length > 0) return;
  const fault = findFault(walk, node, here);
  if (fault) {
    const [message, ...steps] = fault;
    walk.faults.push({ pointer: toPointer([...here.place, ...steps]), message });
  } else if (typeof node.$ref === 'string') {
    const name = nameOf(node.$ref);
    const target = findDefinition(walk.definitions, node.$ref);
    follow(walk, target, { ...here, place: ['$defs', name], trail: [...here.trail, name] });
  } else {
    const least = here.least * Math.max(1, Number(node.minItems ?? 1));
    for (const [steps, child] of listChildren(node))
      follow(walk, child, {
        ...here,
        place: [...here.place, ...steps],
        depth: here.depth + 1,
        least,
      });
  }
}

function findFault(
  { nodes, definitions }: Walk,
  { $ref, minItems }: JsonSchema,
  { trail, depth, least }: Place,
): LocalFault | undefined {
  if (nodes > MAX_SCHEMA_NODES)
    return [`may hold ${MAX_SCHEMA_NODES} schemas, each one as often as it is referred to`];
  if (depth > MAX_SCHEMA_DEPTH)
    return [`may be nested ${MAX_SCHEMA_DEPTH} deep, references followed`];
  if (least * Number(minItems ?? 1) > MAX_LEAST_ITEMS)
    return [`asks for more than ${MAX_LEAST_ITEMS} items, with the lists around it`, 'minItems'];
  if (typeof $ref !== 'string') return undefined;
  if (findDefinition(definitions, $ref) === undefined)
    return ['leads to nothing: use `#/$defs/NAME`', '$ref'];
  return trail.includes(nameOf($ref)) ? ['leads back to itself', '$ref'] : undefined;
}

/** `#/$defs/NAME`, the only kind of reference there is; undefined for what leads nowhere. */
export function findDefinition(definitions: JsonSchema, reference: string): unknown {
  const name = nameOf(reference);
  return Object.hasOwn(definitions, name) ? definitions[name] : undefined;
}

/** Empty for what is no such reference: no definition can be called so. */
function nameOf(reference: string): string {
  const [, step = ''] = /^#\/\$defs\/([^/]+)$/.exec(reference) ?? [];
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Everything that keeps a client's schema from being asked for and checked; empty for one that is good. */
export function findSchemaFaults(schema: unknown): SchemaFault[] {
  if (!isSchema(schema)) return [{ pointer: '', message: 'has to be a JSON Schema: an object' }];
  if (JSON.stringify(schema).length > MAX_SCHEMA_CHARACTERS)
    return [{ pointer: '', message: `may have ${MAX_SCHEMA_CHARACTERS} characters` }];
  if (schema.type !== 'object')
    return [{ pointer: '/type', message: 'has to be "object": a result has named fields' }];
  const faults = findFaults(schema, [], 0);
  return faults.length > 0 ? faults : findReferenceFaults(schema);
}

function findFaults(schema: unknown, place: Steps, depth: number): SchemaFault[] {
  const locate = ([message, ...steps]: LocalFault) => ({
    pointer: toPointer([...place, ...steps]),
    message,
  });
  if (depth > MAX_SCHEMA_DEPTH) return [locate([`may be nested ${MAX_SCHEMA_DEPTH} deep`])];
  if (!isSchema(schema)) return [locate(['has to be a schema: an object'])];
  const isRoot = place.length === 0;
  const faults = findKeywordFaults(schema, isRoot);
  if (faults.length > 0) return faults.map(locate); // what is within would be misread
  const own = [...findFormFaults(schema), ...findNameFaults(schema.properties)];
  const within = listChildren(schema).flatMap(([steps, child]) =>
    findFaults(child, [...place, ...steps], depth + 1),
  );
  return [...own.map(locate), ...within];
}

function findKeywordFaults(schema: JsonSchema, isRoot: boolean): LocalFault[] {
  const known = { ...KEYWORDS, ...(isRoot && ROOT_KEYWORDS) };
  return Object.entries(schema).flatMap(([keyword, value]): LocalFault[] => {
    const rule = Object.hasOwn(known, keyword) ? known[keyword] : undefined;
    if (!rule) return [[explain(keyword), keyword]];
    const issue = rule.value.safeParse(value).error?.issues[0];
    if (issue) return [[issue.message, keyword, ...issue.path.map(String)]];
    const types = typesOf(schema);
    const fits =
      types.length === 0 || !rule.types || types.some((type) => rule.types?.includes(type));
    return fits ? [] : [[`belongs to ${rule.types?.join(', ')}`, keyword]];
  });
}

function explain(keyword: string): string {
  if (Object.hasOwn(ROOT_KEYWORDS, keyword)) return 'may stand at the root only';
  const reason = Object.hasOwn(REFUSED_KEYWORDS, keyword) ? REFUSED_KEYWORDS[keyword] : undefined;
  return reason ?? 'is not a keyword that can be used here';
}
