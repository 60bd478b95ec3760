import { z } from 'zod';
import { awsError } from '../service.ts';
import { operations, type Store, validations } from './dynalite.ts';

export interface Answer {
  status: number;
  body: object;
}

const failureSchema = z.object({ statusCode: z.number(), body: z.looseObject({}) });
const inputSchema = z.looseObject({
  GlobalSecondaryIndexUpdates: z
    .array(z.looseObject({ Update: z.unknown().optional() }))
    .optional(),
});

/** One call as dynalite answers it, its refusals included; throws what is a defect. */
export async function runOperation(store: Store, name: string, input: unknown): Promise<Answer> {
  const operation = operations.get(name);
  if (!operation) throw awsError('UnknownOperationException', `${name} is not known here.`);
  const { action, validation } = operation;
  const given = inputSchema.safeParse(input);
  if (!given.success) throw awsError('SerializationException', 'The input is not of its type.');
  refuseUnknown(given.data, validation.types);
  try {
    const checked = validations.checkTypes(given.data, validation.types);
    validations.checkValidations(checked, validation.types, validation.custom, store);
    const { promise, resolve, reject } = Promise.withResolvers<object>();
    action(store, checked, (error, output) => (error ? reject(error) : resolve(output ?? {})));
    return { status: 200, body: await promise };
  } catch (error) {
    const refusal = failureSchema.safeParse(error);
    if (!refusal.success) throw error;
    return { status: refusal.data.statusCode, body: refusal.data.body };
  }
}

/** dynalite leaves out what it does not know, and the caller would believe it done. */
function refuseUnknown(input: z.output<typeof inputSchema>, types: Record<string, unknown>): void {
  for (const [parameter, value] of Object.entries(input)) {
    if (parameter in types || value === undefined || value === null) continue;
    throw notSupported(parameter);
  }
  const updates = input.GlobalSecondaryIndexUpdates ?? [];
  if (updates.some(({ Update }) => !Update)) throw notSupported('Creating or deleting an index');
}

function notSupported(what: string) {
  return awsError('ValidationException', `${what} is not supported by this endpoint.`);
}
