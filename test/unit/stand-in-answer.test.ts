import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { fillSchema } from '../../local/gemini/answer.ts';
import { type JsonSchema, toJsonSchema } from '../../local/gemini/response-schema.ts';

const KNOWLEDGE = {
  caption: ['a caption'],
  tags: [['measured']],
  scene: ['a scene', 'photo'],
  answer: ['no'],
};

const names = fc.constantFrom('caption', 'tags', 'scene', 'answer', 'count', 'box_2d', 'label');

const { schema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<JsonSchema>(
      { type: 'string' },
      { type: 'boolean' },
      { type: 'null' },
      { type: ['string', 'null'] },
      { type: 'string', enum: ['photo', 'unknown'] },
      { type: 'number', minimum: 0.25, maximum: 0.75 },
    ),
    fc.record({
      type: fc.constant('integer'),
      minimum: fc.integer({ min: -9, max: 9 }),
      maximum: fc.integer({ min: 9, max: 20 }),
    }),
    fc.record({ type: fc.constant('array'), items: tie('schema') }),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc
      .uniqueArray(fc.tuple(names, tie('schema'), fc.boolean()), {
        selector: ([name]) => name,
        maxLength: 5,
      })
      .map((properties) => ({
        type: 'object',
        properties: Object.fromEntries(properties.map(([name, child]) => [name, child])),
        required: properties.filter(([, , required]) => required).map(([name]) => name),
        additionalProperties: false,
      })),
  ),
}));

describe('filling a response schema', () => {
  test('given any schema, the answer is one that the schema accepts', () => {
    fc.assert(
      fc.property(schema, (any) => {
        expect(z.fromJSONSchema(any).safeParse(fillSchema(any, KNOWLEDGE)).error).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test('given properties it can measure, they are filled; what it cannot know is empty or left out', () => {
    const level = z.enum(['none', 'low', 'high']);
    const wanted = z.object({
      caption: z.string(),
      tags: z.array(z.string()),
      scene: z.enum(['indoor', 'outdoor', 'unknown']),
      text: z.string(),
      objects: z.array(z.object({ label: z.string(), box_2d: z.array(z.int()) })),
      people: z.object({ count: z.int(), boxes: z.array(z.array(z.int())).optional() }),
      moderation: z.object({ violence: level, flagged: z.boolean() }),
      mood: z.string().optional(),
    });

    const answer = fillSchema({ ...z.toJSONSchema(wanted) }, KNOWLEDGE);

    expect(answer).toEqual({
      caption: expect.stringMatching(/^a caption .* placeholders, not findings\.$/),
      tags: ['measured'],
      scene: 'unknown',
      text: '',
      objects: [],
      people: { count: 0 },
      moderation: { violence: 'none', flagged: false },
    });
  });

  test('given room to leave it open, nothing is claimed, and the caption stays as it is', () => {
    const level = z.enum(['none', 'low', 'high', 'unrated']);
    const wanted = z.object({
      caption: z.string(),
      people: z.object({ count: z.int() }).nullable(),
      text: z.string().nullable(),
      moderation: z.object({ violence: level, hate: level }),
    });

    expect(fillSchema({ ...z.toJSONSchema(wanted) }, KNOWLEDGE)).toEqual({
      caption: 'a caption',
      people: null,
      text: null,
      moderation: { violence: 'unrated', hate: 'unrated' },
    });
  });

  test('given an answer that is required, it is there; given an optional one, it is not', () => {
    const required = fillSchema({ ...z.toJSONSchema(z.object({ answer: z.string() })) }, KNOWLEDGE);
    const optional = fillSchema(
      { ...z.toJSONSchema(z.object({ answer: z.string().optional() })) },
      KNOWLEDGE,
    );

    expect(required).toEqual({ answer: 'no' });
    expect(optional).toEqual({});
  });

  test('given references, they are followed, and one that leads to itself ends', () => {
    const tree = {
      type: 'object',
      properties: { node: { $ref: '#/$defs/node' }, loop: { $ref: '#/$defs/loop' } },
      required: ['node', 'loop'],
      $defs: {
        node: {
          type: 'object',
          properties: { caption: { type: 'string' } },
          required: ['caption'],
        },
        loop: { $ref: '#/$defs/loop' },
      },
    };

    expect(fillSchema(tree, KNOWLEDGE)).toEqual({ node: { caption: 'a caption' }, loop: null });
  });

  test('given the older OpenAPI form, it is read as JSON Schema', () => {
    const older = {
      type: 'OBJECT',
      properties: { caption: { type: 'STRING' }, mood: { type: 'STRING', nullable: true } },
      required: ['caption', 'mood'],
    };

    expect(fillSchema(toJsonSchema(older), KNOWLEDGE)).toEqual({
      caption: 'a caption',
      mood: null,
    });
  });
});
