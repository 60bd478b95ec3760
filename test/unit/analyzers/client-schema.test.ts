import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { toZod } from '../../../lib/analyzers/answer-check.ts';
import { findSchemaFaults } from '../../../lib/analyzers/check-schema.ts';
import { createSchemaQuestion, resolveSchema } from '../../../lib/analyzers/client-schema.ts';
import * as limits from '../../../lib/analyzers/schema-keywords.ts';
import { toGeminiSchema } from '../../../lib/gemini/request.ts';
import { fillSchema } from '../../../local/gemini/answer.ts';
import { checkResponseSchema, type JsonSchema } from '../../../local/gemini/response-schema.ts';

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });
const text = { type: 'string' };
const deep = (levels: number): JsonSchema =>
  levels === 0 ? text : object({ a: deep(levels - 1) });
const bomb = (levels: number) => ({
  ...object({ a: { $ref: '#/$defs/d0' } }),
  $defs: Object.fromEntries(
    Array.from({ length: levels }, (_, level) => [
      `d${level}`,
      object({
        x: level + 1 < levels ? { $ref: `#/$defs/d${level + 1}` } : text,
        y: level + 1 < levels ? { $ref: `#/$defs/d${level + 1}` } : text,
      }),
    ]),
  ),
});

describe('a schema is refused, with the place and the reason, for', () => {
  test.each<[string, unknown, string, RegExp]>([
    ['a list at the root', { type: 'array', items: text }, '/type', /object/],
    ['no schema at all', 'string', '', /JSON Schema/],
    ['an unknown type', object({ a: { type: 'text' } }), '/properties/a/type', /one of string, /],
    [
      'an unknown type beside null',
      object({ a: { type: ['text', 'null'] } }),
      '/properties/a/type',
      /one of string, /,
    ],
    [
      'more than it says',
      object({ a: text }, { additionalProperties: true }),
      '/additionalProperties',
      /false, or a schema/,
    ],
    [
      'a value that is no word',
      object({ a: { enum: ['x', true] } }),
      '/properties/a/enum/1',
      /string, a number or null/,
    ],
    ['an empty value', object({ a: { enum: ['x', ''] } }), '/properties/a/enum/1', /empty/],
    ['an empty value alone', object({ a: { const: '' } }), '/properties/a/const', /empty/],
    ['a value that is a list', object({ a: { const: [] } }), '/properties/a/const', /string or/],
    ['no type', object({ a: {} }), '/properties/a', /type/],
    ['two types', object({ a: { type: ['string', 'number'] } }), '/properties/a/type', /anyOf/],
    [
      'a pattern',
      object({ a: { ...text, pattern: '(a+)+$' } }),
      '/properties/a/pattern',
      /description/,
    ],
    ['allOf', object({ a: { allOf: [text] } }), '/properties/a/allOf', /one schema/],
    ['nullable', object({ a: { ...text, nullable: true } }), '/properties/a/nullable', /"null"/],
    [
      'an unknown keyword',
      object({ a: { ...text, 'x~/y': 1 } }),
      '/properties/a/x~0~1y',
      /keyword/,
    ],
    ['a list of nothing', object({ a: { type: 'array' } }), '/properties/a/items', /items/],
    ['an object of nothing', object({ a: { type: 'object' } }), '/properties/a/properties', /name/],
    [
      'a required name that is not there',
      object({ a: text }, { required: ['a', 'b'] }),
      '/required/1',
      /no property/,
    ],
    ['an empty choice', object({ a: { anyOf: [] } }), '/properties/a/anyOf', /./],
    [
      'a type beside a choice',
      object({ a: { ...text, anyOf: [text] } }),
      '/properties/a',
      /one of/,
    ],
    [
      'a keyword of another type',
      object({ a: { ...text, minimum: 1 } }),
      '/properties/a/minimum',
      /number/,
    ],
    [
      'no number to choose',
      object({ a: { type: 'integer', minimum: 1.2, maximum: 1.8 } }),
      '/properties/a/maximum',
      /no number/,
    ],
    [
      'more at the least than at the most',
      object({ a: { ...text, minLength: 5, maxLength: 4 } }),
      '/properties/a/maxLength',
      /minLength/,
    ],
    [
      'a value of another type',
      object({ a: { type: 'integer', enum: [1, 1.5] } }),
      '/properties/a/enum/1',
      /integer/,
    ],
    ['an unknown format', object({ a: { ...text, format: 'email' } }), '/properties/a/format', /./],
    [
      'a reference to nothing',
      object({ a: { $ref: '#/$defs/no' } }),
      '/properties/a/$ref',
      /nothing/,
    ],
    [
      'a reference elsewhere',
      object({ a: { $ref: 'https://example.com/s.json' } }),
      '/properties/a/$ref',
      /\$defs/,
    ],
    [
      'a reference to itself',
      {
        ...object({ a: { $ref: '#/$defs/n' } }),
        $defs: { n: object({ n: { $ref: '#/$defs/n' } }) },
      },
      '/$defs/n/properties/n/$ref',
      /itself/,
    ],
    [
      'definitions that are not at the root',
      object({ a: { ...text, $defs: {} } }),
      '/properties/a/$defs',
      /root/,
    ],
    [
      'a fault in a definition',
      { ...object({ a: { $ref: '#/$defs/n' } }), $defs: { n: { type: 'array' } } },
      '/$defs/n/items',
      /items/,
    ],
    [
      'any other properties',
      object({ a: text }, { additionalProperties: true }),
      '/additionalProperties',
      /./,
    ],
    ['a text named like a box', object({ mailbox: text }), '/properties/mailbox', /rename/],
    [
      'a box of three',
      object({ box_2d: { type: 'array', items: { type: 'integer' }, maxItems: 3 } }),
      '/properties/box_2d',
      /four/,
    ],
    ['a name that is none', object({ '': text }), '/properties/', /1 to/],
    [
      'a name that is too long',
      object({ ['x'.repeat(limits.MAX_PROPERTY_NAME_CHARACTERS + 1)]: text }),
      `/properties/${'x'.repeat(65)}`,
      /1 to/,
    ],
    [
      'a name that JavaScript keeps',
      JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}'),
      '/properties/__proto__',
      /cannot/,
    ],
    ['another', object({ constructor: text }), '/properties/constructor', /cannot/],
    [
      'too many values',
      object({ a: { enum: Array.from({ length: limits.MAX_ENUM_VALUES + 1 }, String) } }),
      '/properties/a/enum',
      /./,
    ],
    [
      'more items at the least than is sane',
      object({ a: { type: 'array', items: text, minItems: limits.MAX_LEAST_ITEMS + 1 } }),
      '/properties/a/minItems',
      /./,
    ],
    [
      'its size',
      object({ a: { ...text, description: 'x'.repeat(limits.MAX_SCHEMA_CHARACTERS) } }),
      '',
      /characters/,
    ],
  ])('%s', (_, schema, pointer, message) => {
    const [fault] = findSchemaFaults(schema);
    expect(fault).toEqual({ pointer, message: expect.stringMatching(message) });
  });

  test('nesting, as it stands and by references', () => {
    expect(findSchemaFaults(deep(limits.MAX_SCHEMA_DEPTH))).toEqual([]);
    expect(findSchemaFaults(deep(limits.MAX_SCHEMA_DEPTH + 1))[0]?.message).toMatch(/deep/);
    expect(findSchemaFaults(bomb(4))).toEqual([]);
    expect(findSchemaFaults(bomb(11))[0]?.message).toMatch(/as often/);
    expect(findSchemaFaults(bomb(40))[0]?.message).toMatch(/deep|as often/);
  });

  test('anything that is JSON, without ever failing itself', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (any, other) => {
        const schema = { type: 'object', properties: { a: any }, $defs: other };
        expect(Array.isArray(findSchemaFaults(schema))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

const fields = fc.constantFrom(
  'caption',
  'tags',
  'total',
  'box_2d',
  'constructor',
  'x y/z~',
  'note',
);
const range = fc
  .tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 2, max: 60 }))
  .map(([from, width]) => [from, from + width] as const);
const scalar = fc.oneof(
  fc.record({ type: fc.constant('string') }),
  fc.constantFrom({ type: 'boolean' }, { type: 'null' }, { enum: ['a', 'unknown'] }, { const: 7 }),
  fc.constantFrom(
    { type: ['string', 'null'], enum: ['a', null] },
    { type: 'integer', enum: [3, 4] },
  ),
  fc.constantFrom('date', 'time', 'date-time').map((format) => ({ type: 'string', format })),
  fc.tuple(fc.nat(40), fc.nat(40)).map(([least, more]) => ({
    ...{ type: ['string', 'null'], minLength: least, maxLength: least + more },
  })),
  fc
    .tuple(range, fc.constantFrom('integer', 'number'))
    .map(([[minimum, maximum], type]) => ({ type, minimum, maximum, description: 'A number.' })),
  fc
    .tuple(range, fc.constantFrom('integer', 'number'))
    .map(([[above, below], type]) => ({ type, exclusiveMinimum: above, exclusiveMaximum: below })),
);
const box = { type: 'array', items: { type: 'integer' } };
const { node, root } = fc.letrec<{ node: JsonSchema; root: JsonSchema }>((tie) => ({
  root: fc
    .uniqueArray(fc.tuple(fields, tie('node'), fc.boolean()), {
      selector: ([name]) => name,
      minLength: 1,
      maxLength: 5,
    })
    .map((properties) => ({
      type: 'object',
      properties: Object.fromEntries(
        properties.map(([name, child]) => [name, name === 'box_2d' ? box : child]),
      ),
      required: properties.filter(([, , required]) => required).map(([name]) => name),
    })),
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.tuple(tie('node'), fc.nat(3), fc.nat(3)).map(([items, least, more]) => ({
      type: 'array',
      items,
      minItems: least,
      maxItems: least + more,
    })),
    fc
      .tuple(tie('node'), tie('node'))
      .map((prefixItems) => ({ type: 'array', prefixItems, minItems: 2 })),
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((oneOf) => ({ oneOf })),
    tie('root'),
    tie('root').map((schema) => ({ ...schema, type: ['object', 'null'] })),
    tie('node').map((values) => ({ type: 'object', additionalProperties: values })),
  ),
}));
const schemas = fc
  .tuple(root, node)
  .map(([schema, shared]) => ({
    ...schema,
    properties: {
      ...Object(schema.properties),
      one: { $ref: '#/$defs/s' },
      two: { $ref: '#/$defs/s' },
    },
    $defs: { s: shared },
  }))
  .filter((schema) => findSchemaFaults(schema).length === 0);

const KNOWLEDGE = { caption: ['Measured.', 'x'.repeat(500)], tags: [['measured']], note: ['no'] };
const ask = (schema: JsonSchema) => createSchemaQuestion(schema, 'rules', 'task', {});
/** What a model is sent, and the stand-in's answer to it. */
function answerTo(schema: JsonSchema) {
  const { answerSchema, parse } = ask(schema);
  const sent = JSON.parse(JSON.stringify(toGeminiSchema(answerSchema)));
  checkResponseSchema(sent);
  return { sent, parse, answer: JSON.parse(JSON.stringify(fillSchema(sent, KNOWLEDGE))) };
}
/** The same with a key in every object that nobody asked for. */
function withStrangers(value: unknown, schema: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => withStrangers(one, schema));
  if (typeof value !== 'object' || value === null) return value;
  const own = Object.entries(value).map(([name, one]) => [name, withStrangers(one, schema)]);
  return { ...Object.fromEntries(own), nobody_asked: { for: 'this' } };
}
const hasMaps = (schema: JsonSchema) => JSON.stringify(schema).includes('additionalProperties');

describe('given any schema that is taken', () => {
  test('then Gemini is sent no bound and no reference, and an answer by what it is sent is good', () => {
    fc.assert(
      fc.property(schemas, (schema) => {
        const { sent, parse, answer } = answerTo(schema);
        expect(findKeywords(sent)).not.toMatch(
          /minI|maxI|minL|maxL|inimum|aximum|\$ref|\$defs|oneOf|const /,
        );
        expect(parse(answer).result).toEqual(answer.result);
      }),
      { numRuns: 60 },
    );
  });

  test('then keys that nobody asked for are left out, and nothing else', () => {
    fc.assert(
      fc.property(
        schemas.filter((schema) => !hasMaps(schema)),
        (schema) => {
          const { parse, answer } = answerTo(schema);
          expect(parse(withStrangers(answer, schema)).result).toEqual(answer.result);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('then an answer is taken or refused as by zod’s own converter', () => {
    const change = fc.tuple(fc.nat(), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(schemas, fc.array(change, { maxLength: 2 }), (schema, changes) => {
        const resolved = resolveSchema(schema);
        const answer = changes.reduce(changeOne, answerTo(schema).answer.result);
        const { success } = toZod(resolved).safeParse(answer);
        expect(success).toBe(z.fromJSONSchema(resolved).safeParse(answer).success);
      }),
      { numRuns: 150 },
    );
  });
});

/** The same with one of its values replaced: which, by a number. */
function changeOne(value: unknown, [which, other]: readonly [number, unknown]): unknown {
  if (typeof value !== 'object' || value === null) return other;
  const parts = Object.entries(value);
  const [key, part] = parts[which % (parts.length + 1)] ?? [];
  if (key === undefined) return other;
  const changed = changeOne(part, [Math.floor(which / (parts.length + 1)), other]);
  return Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed };
}

/** The keywords of a schema, names of properties left out. */
function findKeywords(schema: unknown): string {
  if (Array.isArray(schema)) return schema.map(findKeywords).join(' ');
  if (typeof schema !== 'object' || schema === null) return '';
  return Object.entries(schema)
    .map(([keyword, value]) => {
      if (keyword === 'properties') return Object.values(value).map(findKeywords).join(' ');
      return ['enum', 'required'].includes(keyword) ? '' : `${keyword} ${findKeywords(value)}`;
    })
    .join(' ');
}

describe('an answer by a nested schema', () => {
  const schema = object(
    {
      shop: { type: ['string', 'null'] },
      kind: { type: 'string', enum: ['receipt', 'invoice'] },
      total: { type: 'number', minimum: 0 },
      lines: {
        type: 'array',
        maxItems: 2,
        items: object(
          {
            name: text,
            price: { type: 'number' },
            tax: { anyOf: [{ type: 'number' }, { type: 'null' }] },
          },
          { required: ['name', 'price'] },
        ),
      },
      logo_box: box,
    },
    { required: ['shop', 'kind', 'total', 'lines'] },
  );
  const good = { shop: null, kind: 'receipt', total: 3.5, lines: [{ name: 'Tea', price: 3.5 }] };
  const parse = (result: unknown) =>
    ask(schema).parse({
      caption: ' A receipt. ',
      result,
      instructions_in_image: { found: false, note: '' },
    });

  test('given a good one, then it is the result as it is, with the caption beside it', () => {
    expect(parse(good)).toEqual({ caption: 'A receipt.', result: good });
    const full = {
      ...good,
      logo_box: [0, 10, 500, 1000],
      lines: [{ ...good.lines[0], tax: null }],
    };
    expect(parse(full).result).toEqual(full);
  });

  test.each([
    ['a required field that is missing', { ...good, kind: undefined }, 'result.kind'],
    ['a value that is not in the list', { ...good, kind: 'letter' }, 'result.kind'],
    ['null where none may be', { ...good, total: null }, 'result.total'],
    ['a bound that was not sent', { ...good, total: -1 }, 'result.total'],
    ['too many items', { ...good, lines: Array(3).fill(good.lines[0]) }, 'result.lines'],
    [
      'a wrong type within a list',
      { ...good, lines: [{ name: 'Tea', price: '3' }] },
      'result.lines.0.price',
    ],
    ['a box of three', { ...good, logo_box: [1, 2, 3] }, 'result.logo_box'],
    ['a list', [good], 'result'],
  ])('given %s, then it is refused and the place is named', (_, result, path) => {
    const refused = z.object({ issues: z.array(z.object({ path: z.array(z.any()) })) });
    try {
      parse(JSON.parse(JSON.stringify(result)));
      expect.unreachable();
    } catch (error) {
      expect(refused.parse(error).issues[0]?.path.join('.')).toBe(path);
    }
  });

  test.each([1e300, 1e-200, 2 ** 60])('given the number %d, then it is the result', (total) => {
    expect(parse({ ...good, total }).result).toEqual({ ...good, total });
  });

  test('given half a surrogate pair, then it is made storable', () => {
    expect(parse({ ...good, shop: 'a\ud800' }).result.shop).toBe('a\ufffd');
  });
});
