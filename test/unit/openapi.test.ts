import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { buildDocument } from '../../infra/api/build-document.ts';
import { writeTypes } from '../../infra/api/client-types.ts';
import { OPERATIONS } from '../../infra/api/operations.ts';
import { writeReference } from '../../infra/api/reference-page.ts';
import { ERRORS } from '../../lib/errors.ts';
import { createValidator } from '../support/check-answer.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

// What OpenAPI 3.1 asks of the parts that are used here: https://spec.openapis.org/oas/v3.1.0
const schema = z.record(z.string(), z.unknown());
const content = z.record(
  z.string().regex(/^[a-z]+\/[a-z+-]+$/),
  z.strictObject({
    schema,
    example: z.unknown().optional(),
    examples: z.record(z.string(), z.strictObject({ value: z.unknown() })).optional(),
  }),
);
const header = z.strictObject({
  schema,
  description: z.string().optional(),
  example: z.unknown().optional(),
});
const parameter = z
  .strictObject({
    name: z.string().min(1),
    in: z.enum(['path', 'query', 'header']),
    description: z.string().optional(),
    required: z.boolean().optional(),
    schema,
  })
  .refine(({ in: place, required }) => place !== 'path' || required === true);
const operation = z.strictObject({
  operationId: z.string().regex(/^[a-z]\w+$/),
  summary: z.string().min(1),
  description: z.string().optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z.array(parameter).optional(),
  requestBody: z.strictObject({ required: z.literal(true).optional(), content }).optional(),
  responses: z.record(
    z.string().regex(/^[1-5]\d\d$/),
    z.strictObject({
      description: z.string().min(1),
      headers: z.record(z.string(), header).optional(),
      content: content.optional(),
    }),
  ),
});
const document = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  servers: z.array(z.strictObject({ url: z.string() })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(
    z.string().startsWith('/'),
    z.partialRecord(z.enum(['get', 'put', 'post', 'delete']), operation),
  ),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[\w.-]+$/), schema),
    securitySchemes: z.record(z.string(), z.looseObject({ type: z.literal('http') })),
  }),
});

let built: z.output<typeof document>;
let operations: [string, z.output<typeof operation>][];
beforeAll(async () => {
  built = document.parse(await buildDocument());
  operations = Object.entries(built.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, each]): [string, z.output<typeof operation>] => [
      `${method.toUpperCase()} ${path}`,
      each,
    ]),
  );
});

describe('lib/openapi.json', () => {
  test('is what the routes and their schemas say (npm run docs:api)', () => {
    expect(JSON.parse(read('lib/openapi.json'))).toEqual(built);
  });

  test('is what the client’s types and the reference page are made of', () => {
    const withoutLayout = (text: string) => text.replaceAll(/[\s|;'"]|,(?=[\s}])/g, '');
    const types = withoutLayout(read('packages/client/types.d.ts'));
    expect(types).toBe(withoutLayout(writeTypes(built)));
    expect(read('web/reference.html')).toBe(writeReference(built));
    expect(read('web/reference.html')).not.toMatch(/<script|(src|href)="(https?:)?\/\//);
  });

  test('tells of every route that is deployed, and of no other', () => {
    const routes = [...read('serverless.yml').matchAll(/- httpApi: ([A-Z]+ \/\S*)/g)];
    const deployed = routes.map(([, route]) => route).toSorted();
    expect(operations.map(([route]) => route).toSorted()).toEqual(deployed);
    expect(Object.keys(OPERATIONS).toSorted()).toEqual(deployed);
  });

  test('names every operation once, every parameter of every path, and nothing that is not there', () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [route, { parameters = [] }] of operations) {
      const named = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const told = parameters.filter((each) => each.in === 'path').map(({ name }) => name);
      expect(told, route).toEqual(named);
    }
    for (const [, name = ''] of JSON.stringify(built).matchAll(
      /"#\/components\/schemas\/([^"]+)"/g,
    ))
      expect(Object.keys(built.components.schemas)).toContain(name);
  });

  test('gives examples that its own schemas take', () => {
    const contents = operations.flatMap(([, { requestBody, responses }]) => [
      requestBody?.content,
      ...Object.values(responses).map((each) => each.content),
    ]);
    const examples = contents.flatMap((each) =>
      Object.values(each ?? {}).flatMap(({ schema, example, examples = {} }) =>
        [example, ...Object.values(examples).map(({ value }) => value)]
          .filter((value) => value !== undefined)
          .map((value) => ({ schema, value })),
      ),
    );
    expect(examples.length).toBeGreaterThan(50);
    for (const { schema, value } of examples)
      expect(createValidator(schema).validate(value).errors, JSON.stringify(value)).toEqual([]);
  });

  test('tells of every error, and what to do', () => {
    const told = JSON.stringify(operations);
    for (const code of Object.keys(ERRORS)) expect(told).toContain(`\`${code}\``);
  });
});
