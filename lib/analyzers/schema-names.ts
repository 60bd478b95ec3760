import type { LocalFault } from './schema-form.ts';
import { isSchema, MAX_PROPERTY_NAME_CHARACTERS } from './schema-keywords.ts';

/** What is wrong with the names of an object's properties. */
export function findNameFaults(properties: unknown): LocalFault[] {
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
