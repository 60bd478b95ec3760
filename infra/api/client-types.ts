import type { JsonObject } from './components.ts';
import { type JsonSchema, printType } from './print-type.ts';

const HEAD = '// Made by `npm run docs:api` from the schemas that the service checks by.\n';

/** client/types.d.ts: every named schema of the document, and what the operations take. */
export function writeTypes(document: JsonObject): string {
  const { components, paths } = document as unknown as Document; // as build-document.ts writes it
  const named = Object.entries(components.schemas);
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const bodies = operations.flatMap(({ operationId, requestBody }) => {
    const schema = requestBody?.content['application/json']?.schema;
    return schema ? [[`${capitalize(operationId)}Body`, schema] as const] : [];
  });
  const queries = operations.flatMap(({ operationId, parameters = [] }) => {
    const told = parameters.filter((each) => each.in === 'query');
    const properties = Object.fromEntries(told.map(({ name, schema }) => [name, schema]));
    const schema = { type: 'object', properties };
    return told.length > 0 ? [[`${capitalize(operationId)}Query`, schema] as const] : [];
  });
  const all = [...named, ...bodies, ...queries].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  const types = all.map(
    ([name, schema]) => `${comment(schema)}export type ${name} = ${printType(schema)};`,
  );
  return `${HEAD}\n${types.join('\n\n')}\n`;
}

interface Document {
  components: { schemas: Record<string, JsonSchema> };
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        parameters?: { in: string; name: string; schema: JsonSchema }[];
        requestBody?: { content: Record<string, { schema: JsonSchema }> };
      }
    >
  >;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function comment({ description }: JsonSchema): string {
  return description ? `/** ${description} */\n` : '';
}
