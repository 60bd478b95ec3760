import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invokeApi } from '../support/invoke.ts';
import { type Service, startService } from '../support/service.ts';

// Every number that lib/openapi.json lets a client send, at the deployed functions, over a table that refuses
// what DynamoDB refuses.

// biome-ignore lint/suspicious/noExplicitAny: a description of an API, walked by its own rules
type Json = any;
const document: Json = JSON.parse(
  readFileSync(new URL('../../lib/openapi.json', import.meta.url), 'utf8'),
);
const KEY = 'sk_numbers';
/** A time long ago, so that nothing is waited for. */
const LONG_AGO = 1_000_000;

interface Field {
  route: string;
  /** Where it stands: `query.limit`, `body.parts.0.number`, `form.maxUsd`. */
  path: string;
  schema: Json;
}

const { '/analyze': _same, ...paths } = document.paths; // as /v1/analyze
const FIELDS: Field[] = Object.entries<Json>(paths).flatMap(([path, operations]) =>
  Object.entries<Json>(operations).flatMap(([method, { parameters = [], requestBody }]) => {
    const route = `${method.toUpperCase()} ${path}`;
    const inQuery = parameters
      .filter((each: Json) => each.in === 'query' && isNumber(each.schema))
      .map(({ name, schema }: Json) => ({ route, path: `query.${name}`, schema }));
    const { 'application/json': json, 'multipart/form-data': form } = requestBody?.content ?? {};
    const inBody = listNumbers(json?.schema, 'body').map((field) => ({ route, ...field }));
    const inForm = listNumbers(form?.schema, 'form').map((field) => ({ route, ...field }));
    return [...inQuery, ...inBody, ...inForm];
  }),
);

function isNumber(schema: Json): boolean {
  return ['number', 'integer'].some((type) => [schema?.type].flat().includes(type));
}

function listNumbers(schema: Json, path: string): Omit<Field, 'route'>[] {
  if (isNumber(schema)) return [{ path, schema }];
  if (schema?.$ref)
    return listNumbers(document.components.schemas[schema.$ref.split('/').at(-1)], path);
  const children = [
    ...Object.entries(schema?.properties ?? {}),
    ...(schema?.items ? [['0', schema.items]] : []),
  ];
  const within = (schema?.anyOf ?? []).flatMap((branch: Json) => listNumbers(branch, path));
  return [...within, ...children.flatMap(([name, child]) => listNumbers(child, `${path}.${name}`))];
}

let service: Service;
let ids: { parted: string; known: string };
beforeAll(async () => {
  service = await startService({ rateLimitPerMinute: '0', readLimitPerMinute: '0' });
  await service.addKey(KEY, 'client');
  const large = await call('POST /v1/uploads', {
    body: JSON.stringify({ filename: 'a', contentType: 'video/mp4', contentLength: 200_000_000 }),
  });
  const small = await call('POST /v1/uploads', { body: JSON.stringify(PICTURE) });
  ids = { parted: large.body.id, known: small.body.id };
});
afterAll(() => service.stop());

function call(route: string, event: object): Promise<Json> {
  const spec = service.played.functions.find(({ routes }) => routes.includes(route));
  if (!spec) throw new Error(`no function for ${route}`);
  const http = { sourceIp: '203.0.113.7', method: 'GET', path: '/' };
  const requestContext = { requestId: 'r', timeEpoch: LONG_AGO, http };
  return invokeApi(service, spec.name, { requestContext, ...event }, KEY);
}

const PICTURE = { filename: 'a.jpg', contentType: 'image/jpeg' };
const SCHEMA = { type: 'object', properties: { what: { type: 'string' } } };
/** What is sent beside the number. */
const BODIES: Record<string, object> = {
  'POST /v1/uploads': PICTURE,
  'POST /v1/estimates': { source: { mediaType: 'video/mp4', durationSeconds: 5 } },
  'PUT /v1/analyzers/{name}': { prompt: 'What is it?', schema: SCHEMA },
  'POST /v1/uploads/{id}/complete': { parts: [{ etag: '"e"' }] },
};

/** `text` is JSON: there are numbers in it that JavaScript has not. */
async function send({ route, path }: Pick<Field, 'route' | 'path'>, text: string) {
  const [place, ...steps] = path.split('.');
  const isOfParts = route.includes('/parts') || route.includes('/complete');
  const pathParameters = { id: isOfParts ? ids.parted : ids.known, name: 'own' };
  if (place === 'query')
    return call(route, { pathParameters, queryStringParameters: { [steps[0] ?? '']: text } });
  const json = JSON.stringify(setAt(BODIES[route] ?? {}, steps, MARK)).replace(`"${MARK}"`, text);
  if (place === 'body') return call(route, { pathParameters, body: json });
  return call(route, { pathParameters, ...(await writeForm(steps[0] ?? '', json)) });
}

const MARK = 'here';
const BESIDE: Record<string, object> = { first: { last: 1_000_000 }, last: { first: 1 } };

function setAt(given: Json, [step = '', ...rest]: string[], value: unknown): Json {
  const inner = rest.length > 0 ? setAt(given?.[step], rest, value) : value;
  if (!/^\d/.test(step)) return { ...given, ...BESIDE[step], [step]: inner };
  return [inner];
}

async function writeForm(name: string, json: string) {
  const form = new FormData();
  form.append('file', new Blob(['no picture: nobody looks at it']), 'a.jpg');
  form.append(name, json.slice(json.indexOf(':') + 1, -1)); // each field is JSON of its own
  const request = new Response(form);
  const headers = {
    authorization: `Bearer ${KEY}`,
    'content-type': request.headers.get('content-type'),
  };
  const body = Buffer.from(await request.arrayBuffer()).toString('base64');
  return { headers, body, isBase64Encoded: true };
}

function isWithin({ type, minimum, exclusiveMinimum, maximum }: Json, value: number): boolean {
  if ([type].flat().includes('integer') && !Number.isSafeInteger(value)) return false;
  return (
    value >= (minimum ?? -Infinity) && value > (exclusiveMinimum ?? -Infinity) && value <= maximum
  );
}

const ODD = [
  '0',
  '-0',
  '-1',
  '0.5',
  '1e-7',
  '1e-131',
  '-1e-200',
  '5e-324',
  '1e21',
  '1e126',
  '1e300',
  '-1e300',
  '1e999',
  '9007199254740993',
];

/** As JSON writes them: those that have always broken something, those around the bounds, and any. */
function numbersFor({ minimum, exclusiveMinimum, maximum }: Json) {
  const bounds = [minimum, exclusiveMinimum, maximum].filter((bound) => bound !== undefined);
  const around = bounds.flatMap((bound) => [
    bound,
    bound - 1,
    bound + 1,
    bound * (1 + 1e-9),
    bound * (1 - 1e-9),
  ]);
  const any = fc.double({ noNaN: true, noDefaultInfinity: true });
  return { always: [...ODD, ...around.map(String)], any: fc.oneof(any, fc.integer()).map(String) };
}

test('every number that may be sent is bounded on both sides', () => {
  expect(FIELDS.length).toBeGreaterThanOrEqual(20);
  for (const { route, path, schema } of FIELDS) {
    const least = schema.minimum ?? schema.exclusiveMinimum;
    expect([typeof least, typeof schema.maximum], `${route} ${path}`).toEqual(['number', 'number']);
  }
});

/** Fields of the answer's errors whose own bounds, and not those of the upload, refuse them. */
function listNamed({ errors = [] }: Json): string[] {
  return errors.flatMap(({ path, message }: Json) =>
    /^there are \d+ parts/.test(message) ? [] : path,
  );
}

describe('a number', () => {
  test.each(FIELDS.map((field) => [`${field.route} ${field.path}`, field] as const))(
    'of %s is taken within the bounds that are told, and named outside of them',
    async (_, field) => {
      const { always, any } = numbersFor(field.schema);
      const path = field.path.replace(/^form\./, '');
      const check = async (text: string) => {
        const { status, body } = await send(field, text);
        expect(status, `${text}: ${JSON.stringify(body)}`).toBeLessThan(500);
        const isRefused = !isWithin(field.schema, Number(text));
        if (isRefused) expect({ text, status }).toEqual({ text, status: 400 });
        expect(listNamed(body).includes(path), `${text}: ${JSON.stringify(body)}`).toBe(isRefused);
      };
      for (const text of always) await check(text);
      await fc.assert(fc.asyncProperty(any, check), { numRuns: 5 });
    },
  );
});

describe('numbers that stand in free JSON', () => {
  const routes = [
    ['PUT /v1/analyzers/{name}', (schema: Json) => ({ prompt: 'x', schema })],
    [
      'POST /v1/uploads',
      (schema: Json) => ({ ...PICTURE, analyzer: 'extract', options: { schema } }),
    ],
    ['POST /v1/uploads', (schema: Json) => ({ ...PICTURE, metadata: { schema } })],
  ] as const;
  test.each(routes)('of %s are kept, or refused and named', async (route, write) => {
    for (const keyword of ['minimum', 'maximum', 'exclusiveMaximum', 'const', 'maxLength']) {
      for (const text of ODD) {
        const type = keyword === 'maxLength' ? 'string' : 'number';
        const schema = { type: 'object', properties: { n: { type, [keyword]: MARK } } };
        const body = JSON.stringify(write(schema)).replace(`"${MARK}"`, text);
        const answer = await call(route, { pathParameters: { name: 'free' }, body });
        expect([200, 201, 400], `${keyword} ${text}: ${JSON.stringify(answer.body)}`).toContain(
          answer.status,
        );
      }
    }
  });
});
