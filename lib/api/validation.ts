import * as z from 'zod/mini';
import { type FieldError, ServiceError } from '../errors.ts';
import '../messages.ts';

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
