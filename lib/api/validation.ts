import * as z from 'zod/mini';
import { isAnalysisId } from '../analysis/ids.ts';
import { type FieldError, ServiceError } from '../errors.ts';
import '../messages.ts';

/** A cursor is the id to go on after, wrapped so that nobody builds on what it holds. */
export const cursor = z
  .pipe(
    z.string(),
    z.transform((text) => Buffer.from(text, 'base64url').toString()),
  )
  .check(z.refine(isAnalysisId, 'is not a cursor of this list'));

export function formatCursor(id: string | undefined): string | null {
  return id === undefined ? null : Buffer.from(id).toString('base64url');
}

/** Whether an `If-None-Match` header names the ETag: weakly compared, as RFC 9110 has it for GET. */
export function matchETag(header: string | undefined, eTag: string): boolean {
  if (header === undefined) return false;
  const listed = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return listed.includes('*') || listed.includes(eTag);
}

/** Lists and objects within one another in JSON of a client's, of which each step through it takes some of the stack: twice what the deepest schema needs. */
export const MAX_JSON_LEVELS = 64;

export function isTooDeep(value: unknown, levels = MAX_JSON_LEVELS): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}

/** Faults that one answer names: a request can hold more of them than an answer may be long. */
export const MAX_NAMED_FAULTS = 20;
/** Characters of a fault's path and message, which quote names from the request. */
const MAX_FAULT_CHARACTERS = 300;

/**
 * What was given, in the schema's shape.
 * @throws ServiceError `request_invalid` that names the faults
 */
export function parseRequest<Schema extends z.core.$ZodType>(
  schema: Schema,
  given: unknown,
): z.output<Schema> {
  const parsed = z.safeParse(schema, given);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.slice(0, MAX_NAMED_FAULTS).map(describeFault);
  const named = fields.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new ServiceError('request_invalid', `Not valid: ${named}`, { fields });
}

function describeFault({ path, message }: z.core.$ZodIssue): FieldError {
  return {
    path: path.join('.').slice(0, MAX_FAULT_CHARACTERS),
    message: message.slice(0, MAX_FAULT_CHARACTERS),
  };
}
