import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { toGeminiSchema } from '../../../lib/gemini/request.ts';

describe('toGeminiSchema', () => {
  test('given bounds that Gemini refuses, then they are left out at every depth', () => {
    const schema = z.object({
      list: z
        .array(z.union([z.string().min(1).max(9).regex(/x/), z.int().min(1).max(9)]))
        .min(1)
        .max(5)
        .describe('at most five'),
      pair: z.tuple([z.number().multipleOf(2), z.boolean()]),
    });
    expect(toGeminiSchema(z.toJSONSchema(schema))).toEqual({
      type: 'object',
      properties: {
        list: {
          type: 'array',
          description: 'at most five',
          items: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
        },
        pair: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'boolean' }] },
      },
      required: ['list', 'pair'],
    });
  });

  test('given properties named like keywords, then they stay', () => {
    const schema = z.object({ pattern: z.string(), maxItems: z.object({ minimum: z.string() }) });
    expect(toGeminiSchema(z.toJSONSchema(schema))).toEqual({
      type: 'object',
      properties: {
        pattern: { type: 'string' },
        maxItems: {
          type: 'object',
          properties: { minimum: { type: 'string' } },
          required: ['minimum'],
        },
      },
      required: ['pattern', 'maxItems'],
    });
  });

  test('given definitions that are referred to, then they are kept and cleaned', () => {
    const schema = { $ref: '#/$defs/a', $defs: { a: { type: 'string', maxLength: 3 } } };
    expect(toGeminiSchema(schema)).toEqual({ $ref: '#/$defs/a', $defs: { a: { type: 'string' } } });
  });
});
