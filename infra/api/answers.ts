import { ERRORS, type ErrorCode } from '../../lib/errors.ts';
import type { createComponents, JsonObject } from './components.ts';
import type { Operation } from './operations.ts';
import { problem } from './schemas.ts';

const HEADERS: Record<string, JsonObject> = {
  ETag: { schema: { type: 'string' }, description: 'Changes with everything that is shown.' },
  Location: { schema: { type: 'string' } },
  'Retry-After': { schema: { type: 'integer', minimum: 0 }, description: 'Seconds.' },
  RateLimit: {
    schema: { type: 'string' },
    description: 'How many more may come (`r`), and the seconds until there is one more (`t`).',
    example: '"uploads";r=9;t=6',
  },
  'RateLimit-Policy': { schema: { type: 'string' }, example: '"uploads";q=10;w=60' },
  'X-Request-Id': { schema: { type: 'string' } },
};

/** The responses of an operation: its answers, and its errors by their status. */
export function describeAnswers(
  { answers }: Operation,
  codes: ErrorCode[],
  isLimited: boolean,
  components: ReturnType<typeof createComponents>,
): JsonObject {
  const common = ['X-Request-Id', ...(isLimited ? ['RateLimit', 'RateLimit-Policy'] : [])];
  const responses: Record<string, JsonObject> = {};
  for (const [status, { description, schema, headers = [] }] of Object.entries(answers))
    responses[status] = {
      description,
      headers: pickHeaders([...headers, ...common]),
      ...(schema ? { content: { 'application/json': { schema: components.write(schema) } } } : {}),
    };
  for (const [status, group] of groupByStatus(codes))
    responses[status] = merge(responses[status], describeProblems(status, group, components));
  return responses;
}

function groupByStatus(codes: ErrorCode[]): [string, ErrorCode[]][] {
  const unique = [...new Set(codes)];
  const statuses = [...new Set(unique.map((code) => ERRORS[code].status))].toSorted();
  return statuses.map((status) => [
    String(status),
    unique.filter((code) => ERRORS[code].status === status),
  ]);
}

function describeProblems(
  status: string,
  codes: ErrorCode[],
  components: ReturnType<typeof createComponents>,
): JsonObject {
  const lines = codes.map((code) => `- \`${code}\`: ${ERRORS[code].title}. ${ERRORS[code].action}`);
  const examples = codes.map((code) => [code, { value: exampleOf(code) }]);
  const content = {
    schema: components.write(problem),
    examples: Object.fromEntries(examples),
  };
  const headers = ['X-Request-Id', ...(status === '429' ? ['Retry-After'] : [])];
  // The gateway's own throttling, before any function is asked.
  const gateway = { schema: { type: 'object', properties: { message: { type: 'string' } } } };
  return {
    description: lines.join('\n'),
    headers: pickHeaders(headers),
    content: {
      'application/problem+json': content,
      ...(['429', '500'].includes(status) ? { 'application/json': gateway } : {}),
    },
  };
}

function exampleOf(code: ErrorCode): JsonObject {
  const { status, title, retryable } = ERRORS[code];
  return {
    type: `urn:sightline:error:${code}`,
    title,
    status,
    detail: `${title}.`,
    code,
    retryable,
    requestId: 'f2b8c1de-5c7a-4f0e-9d3b-0a1b2c3d4e5f',
  };
}

function pickHeaders(names: string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, HEADERS[name]]));
}

/** A status that stands for an answer and for an error, too. */
function merge(one: JsonObject | undefined, other: JsonObject): JsonObject {
  if (!one) return other;
  return {
    description: `${one.description}; or:\n${other.description}`,
    headers: Object.assign({}, one.headers, other.headers),
    content: Object.assign({}, one.content, other.content),
  };
}
