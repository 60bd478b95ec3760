import * as z from 'zod/mini';
import type { AnalyzerQuestion, Asked } from './analyzer.ts';
import { createAnswerCheck } from './answer-check.ts';
import { findDefinition, findSchemaFaults, isBoxName } from './check-schema.ts';
import { BOUNDS, guessType } from './schema-bounds.ts';
import { isSchema, type JsonSchema } from './schema-keywords.ts';
import {
  cut,
  instructionsInImage,
  MAX_CAPTION_LENGTH,
  reportInstructions,
  withQuestion,
} from './words.ts';

/**
 * A schema that was checked, in the plainest form that says the same: references followed, one word
 * for each thing (`anyOf`, `enum`), what is closed left closed, bounds told in the descriptions too,
 * for they are not sent.
 */
export function resolveSchema(schema: JsonSchema): JsonSchema {
  const { $schema: _, $id: __, $defs, ...root } = schema;
  return resolve(root, isSchema($defs) ? $defs : {});
}

function resolve(node: unknown, definitions: JsonSchema): JsonSchema {
  if (!isSchema(node)) return {};
  const { $ref, oneOf, anyOf = oneOf, ...rest } = node;
  if (typeof $ref === 'string')
    return { ...resolve(findDefinition(definitions, $ref), definitions), ...rest };
  if (Array.isArray(anyOf))
    return { ...rest, anyOf: anyOf.map((branch) => resolve(branch, definitions)) };
  const { title, description, ...plain } = withType(rest);
  const named = title === undefined ? {} : { title };
  const [type, other] = [plain.type].flat().toSorted(nullLast);
  const one = resolveWithin(withoutNull({ ...plain, type }, other === undefined), definitions);
  if (other === undefined) return { ...named, ...tell(describeBounds(one, description)), ...one };
  const branch = { ...tell(describeBounds(one)), ...one };
  return { ...named, ...tell(description), anyOf: [branch, { type: 'null' }] };
}

function nullLast(one: unknown, other: unknown): number {
  return Number(one === 'null') - Number(other === 'null');
}

function tell(description: unknown): JsonSchema {
  return description ? { description } : {};
}

function withType({ const: only, ...schema }: JsonSchema): JsonSchema {
  const values = only === undefined ? schema.enum : [only];
  if (!Array.isArray(values)) return schema;
  return { ...schema, type: schema.type ?? guessType(values), enum: values };
}

function withoutNull({ enum: values, ...schema }: JsonSchema, keeps: boolean): JsonSchema {
  if (!Array.isArray(values)) return schema;
  if (keeps) return { ...schema, enum: values };
  return { ...schema, enum: values.filter((value) => value !== null) };
}

function resolveWithin(schema: JsonSchema, definitions: JsonSchema): JsonSchema {
  const { properties, items, prefixItems, additionalProperties, ...rest } = schema;
  if (schema.type === 'array') {
    const places =
      Array.isArray(prefixItems) && prefixItems.map((one) => resolve(one, definitions));
    const each = isSchema(items) ? resolve(items, definitions) : false;
    return {
      ...rest,
      ...(places && { prefixItems: places }),
      ...((each || places) && { items: each }),
    };
  }
  if (schema.type !== 'object') return rest;
  const named = Object.entries(isSchema(properties) ? properties : {}).map(([name, child]) => {
    const resolved = resolve(child, definitions);
    return [name, isBoxName(name) ? asBox(resolved) : resolved];
  });
  const others = isSchema(additionalProperties) && resolve(additionalProperties, definitions);
  const own = named.length > 0 && { properties: Object.fromEntries(named) }; // an empty list is refused
  return { ...rest, ...own, additionalProperties: others };
}

/** What models give for it. */
function asBox(schema: JsonSchema): JsonSchema {
  if (Array.isArray(schema.anyOf)) return { ...schema, anyOf: schema.anyOf.map(asBox) };
  if (schema.type !== 'array') return schema;
  const words = '[ymin, xmin, ymax, xmax], four integers from 0 to 1000, origin top left.';
  const bounds = { minItems: 4, maxItems: 4 };
  const description = [schema.description, words].filter(Boolean).join(' ');
  return { ...schema, ...bounds, description: describeBounds(bounds, description) };
}

/** `Bounds: minimum 1, maximum 5.` after what else is said. */
function describeBounds(schema: JsonSchema, description?: unknown): string {
  const bounds = BOUNDS.flatMap((name) =>
    schema[name] === undefined ? [] : [`${name} ${schema[name]}`],
  );
  const told = bounds.length > 0 ? `Bounds: ${bounds.join(', ')}.` : '';
  return [description, told].filter(Boolean).join(' ');
}

/** A schema as a client gives it; faults name the place as a JSON Pointer. */
export const clientSchema = z.custom<JsonSchema>().check(
  (context) => {
    for (const { pointer, message } of findSchemaFaults(context.value))
      context.issues.push({ code: 'custom', path: [`#${pointer}`], message, input: context.value });
  },
  z.meta({
    type: 'object',
    description: 'A JSON Schema of the parts that docs/analyzers.md names',
  }),
);

const caption = z
  .string()
  .check(z.trim(), z.minLength(1), z.describe('One sentence that says what was found'));

/** A question by a client's schema: its answer is `result`, with the service's own fields around it. */
export function createSchemaQuestion(
  schema: JsonSchema,
  instructions: string,
  task: string,
  { question }: Asked,
): AnalyzerQuestion {
  const resolved = resolveSchema(schema);
  const words = { caption, instructions_in_image: instructionsInImage };
  const { caption: first, instructions_in_image: last } =
    z.toJSONSchema(z.object(words)).properties ?? {};
  const answer = z.object({ ...words, result: createAnswerCheck(resolved) });
  return {
    instructions,
    prompt: withQuestion(task, question),
    answerSchema: {
      type: 'object',
      properties: { caption: first, result: resolved, instructions_in_image: last },
      required: ['caption', 'result', 'instructions_in_image'],
    },
    parse(json) {
      const { caption, result, instructions_in_image } = answer.parse(json);
      const report = reportInstructions(instructions_in_image);
      return { caption: cut(caption, MAX_CAPTION_LENGTH), result, ...report };
    },
  };
}
