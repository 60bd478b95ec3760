/** The parts of JSON Schema that the API's own schemas use. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  format?: string;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  description?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
}

/** A schema as a type of TypeScript, over several lines; `indent` is what they begin with. */
export function printType(schema: JsonSchema, indent = ''): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? 'unknown';
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf) return schema.anyOf.map((each) => printType(each, indent)).join(' | ');
  if (schema.type === 'array') return `Array<${printType(schema.items ?? {}, indent)}>`;
  if (schema.type === 'object') return printObject(schema, indent);
  if (schema.format === 'binary') return 'File';
  const types = [schema.type ?? 'unknown'].flat();
  return types.map((type) => (type === 'integer' ? 'number' : type)).join(' | ');
}

function printObject(
  { properties, required = [], additionalProperties }: JsonSchema,
  indent: string,
): string {
  if (!properties) {
    const known = typeof additionalProperties === 'object';
    return `Record<string, ${known ? printType(additionalProperties, indent) : 'unknown'}>`;
  }
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? '' : '?';
    const words = schema.description ? `${inner}/** ${schema.description} */\n` : '';
    return `${words}${inner}${name}${optional}: ${printType(schema, inner)};`;
  });
  return `{\n${fields.join('\n')}\n${indent}}`;
}
