import {
  isSchema,
  type JsonSchema,
  MAX_SCHEMA_DEPTH,
  MAX_SCHEMA_NODES,
} from './schema-keywords.ts';
import { listChildren, type SchemaFault, type Steps, toPointer } from './schema-walk.ts';

interface Walk {
  definitions: JsonSchema;
  faults: SchemaFault[];
  nodes: number;
}

/**
 * References that lead to nothing or back to themselves, and a schema that is too large once they are
 * followed: a few lines can stand for millions.
 */
export function findReferenceFaults(schema: JsonSchema): SchemaFault[] {
  const { $defs, ...root } = schema;
  const walk: Walk = { definitions: isSchema($defs) ? $defs : {}, faults: [], nodes: 0 };
  follow(walk, root, [], []);
  return walk.faults;
}

/** `trail`: the definitions that the node stands in. */
function follow(
  walk: Walk,
  node: unknown,
  place: Steps,
  trail: readonly string[],
  depth = 0,
): void {
  walk.nodes += 1;
  if (!isSchema(node) || walk.faults.length > 0) return;
  const fail = (message: string, ...steps: string[]) =>
    walk.faults.push({ pointer: toPointer([...place, ...steps]), message });
  if (walk.nodes > MAX_SCHEMA_NODES)
    fail(`may hold ${MAX_SCHEMA_NODES} schemas, each one as often as it is referred to`);
  if (depth > MAX_SCHEMA_DEPTH) fail(`may be nested ${MAX_SCHEMA_DEPTH} deep, references followed`);
  if (typeof node.$ref !== 'string') {
    for (const [steps, child] of listChildren(node))
      follow(walk, child, [...place, ...steps], trail, depth + 1);
    return;
  }
  const name = nameOf(node.$ref);
  const target = name === undefined ? undefined : findDefinition(walk.definitions, node.$ref);
  if (name === undefined || target === undefined)
    fail('leads to nothing: use `#/$defs/NAME`', '$ref');
  else if (trail.includes(name)) fail('leads back to itself', '$ref');
  else follow(walk, target, ['$defs', name], [...trail, name], depth);
}

/** `#/$defs/NAME`, the only kind of reference there is; undefined for what leads nowhere. */
export function findDefinition(definitions: JsonSchema, reference: string): unknown {
  const name = nameOf(reference);
  return name !== undefined && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
}

function nameOf(reference: string): string | undefined {
  const [, step] = /^#\/\$defs\/([^/]+)$/.exec(reference) ?? [];
  return step?.replaceAll('~1', '/').replaceAll('~0', '~');
}
