import { findBoundFaults } from './schema-bounds.ts';
import { isSchema, type JsonSchema, type TypeName } from './schema-keywords.ts';

/** A fault's message, and the steps to where it stands. */
export type LocalFault = [message: string, ...steps: (string | number)[]];

export function typesOf({ type }: JsonSchema): TypeName[] {
  return [type].flat().filter((name): name is TypeName => typeof name === 'string');
}

/** A schema says one thing: which type, which of several schemas, or which other one. */
export function findFormFaults(schema: JsonSchema): LocalFault[] {
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
