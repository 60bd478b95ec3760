import type { LocalFault } from './schema-form.ts';
import {
  isSchema,
  type JsonSchema,
  MAX_LEAST_ITEMS,
  MAX_SCHEMA_DEPTH,
  MAX_SCHEMA_NODES,
} from './schema-keywords.ts';
import { listChildren, type SchemaFault, type Steps, toPointer } from './schema-walk.ts';

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
export function findReferenceFaults(schema: JsonSchema): SchemaFault[] {
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
