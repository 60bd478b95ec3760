import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { awsError } from '../aws-service.ts';
import type { StoredTable } from './table-definition.ts';

// dynalite's parts, not its HTTP server: that one throws what it does not expect into the event loop,
// where one odd request would end the whole stack. The version is pinned; these are its own names.
const load = createRequire(import.meta.url);

/** Attributes as on the wire: `{name: {S: 'value'}}`. */
export const itemSchema = z.record(z.string(), z.record(z.string(), z.unknown()));
export type Item = z.output<typeof itemSchema>;
type Callback<T = unknown> = (error: unknown, value?: T) => void;

export type LevelWrite =
  | { type: 'put'; key: string; value: unknown }
  | { type: 'del'; key: string };

interface LevelRange {
  gte?: string;
  lt?: string;
}

type LevelStep = (...given: unknown[]) => Promise<unknown>;

/** abstract-level's database, values as JSON. */
export interface Level {
  readonly status: 'opening' | 'open' | 'closing' | 'closed';
  open(): Promise<void>;
  /** dynalite's own, after which it takes the database for closed for good; beneath it, abstract-level's. */
  close: (() => Promise<void>) & { _original: () => Promise<void> };
  /** What abstract-level calls to write: each write goes through one of them. */
  _put: LevelStep;
  _del: LevelStep;
  _batch: LevelStep;
  _clear: LevelStep;
  put(key: string, value: unknown): Promise<void>;
  batch(writes: LevelWrite[]): Promise<void>;
  clear(range: { gte: string; lt: string }): Promise<void>;
  /** Merges the files that hold the range. */
  compactRange(start: string, end: string): Promise<void>;
  keys(range: LevelRange): AsyncIterable<string>;
  values(range: LevelRange): AsyncIterable<unknown>;
  createKeyStream(range?: LevelRange): Readable;
  createValueStream(range?: LevelRange): Readable;
}

interface ItemStore {
  put(key: string, item: Item, done: Callback): void;
  del(key: string, done: Callback): void;
}

export interface Store {
  db: Level;
  getItemDb(table: string): ItemStore;
}

interface IndexActions {
  puts: { index: string; key: string; item: unknown }[];
  deletes: { index: string; key: string }[];
}

interface Refusal {
  statusCode: number;
  body: Record<string, unknown>;
}

interface Core {
  create(options: {
    path: string;
    createTableMs: number;
    deleteTableMs: number;
    updateTableMs: number;
  }): Store;
  /** The refusal where a write's condition does not hold. */
  checkConditional(
    input: { ReturnValuesOnConditionCheckFailure?: string },
    existing: Item | undefined,
  ): Refusal | null | undefined;
  createKey(item: Item, table: StoredTable): string;
  /** A refusal, as it is answered. */
  validationError(message: string): object;
  getIndexActions(
    indexes: unknown[],
    existing: Item | undefined,
    item: Item | undefined,
    table: StoredTable,
  ): IndexActions;
  updateIndexes(
    store: Store,
    table: StoredTable,
    existing: Item | undefined,
    item: Item | undefined,
    done: Callback,
  ): void;
}

interface Validation {
  types: Record<string, unknown>;
  custom?: unknown;
}

interface Validations {
  checkTypes(input: object, types: Validation['types']): object;
  checkValidations(
    input: object,
    types: Validation['types'],
    custom: Validation['custom'],
    store: Store,
  ): void;
}

type Action = (store: Store, input: object, done: Callback<object>) => void;

export const core: Core = load('dynalite/db/index.js');
const validations: Validations = load('dynalite/validations/index.js');

const OPERATIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateItem',
  'UpdateTable',
];

const operations = new Map(OPERATIONS.map((name) => [name, loadOperation(name)]));

function loadOperation(name: string): { action: Action; validation: Validation } {
  const file = name.charAt(0).toLowerCase() + name.slice(1);
  return {
    action: load(`dynalite/actions/${file}.js`),
    validation: load(`dynalite/validations/${file}.js`),
  };
}

// dynalite is older than ReturnValuesOnConditionCheckFailure: a write that is refused shows the item that
// was in its way, and saves its caller the read. Libraries for idempotency rely on it.
for (const name of ['PutItem', 'UpdateItem', 'DeleteItem']) {
  Object.assign(operations.get(name)?.validation.types ?? {}, {
    ReturnValuesOnConditionCheckFailure: { type: 'String', enum: ['ALL_OLD', 'NONE'] },
  });
}

const { checkConditional } = core;
core.checkConditional = (input, existing) => {
  const refusal = checkConditional(input, existing);
  if (refusal && existing && input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD') {
    refusal.body.Item = existing;
  }
  return refusal;
};

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
