import { isDeepStrictEqual } from 'node:util';
import { fromAttributes, type Item, toAttributes } from './wire/attribute-values.ts';
import type { CallAws } from './wire/call.ts';

interface Expressions {
  ConditionExpression?: string | undefined;
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Item | undefined;
}

export interface Get {
  TableName: string;
  Key: Item;
  ConsistentRead?: boolean;
}

export interface Put extends Expressions {
  TableName: string;
  Item: Item;
}

export interface Update extends Expressions {
  TableName: string;
  Key: Item;
  UpdateExpression: string;
  ReturnValues?: 'ALL_OLD' | 'ALL_NEW';
}

export interface Delete extends Expressions {
  TableName: string;
  Key: Item;
}

export interface Scan extends Omit<Expressions, 'ConditionExpression'> {
  TableName: string;
  FilterExpression?: string | undefined;
  ProjectionExpression?: string | undefined;
  ExclusiveStartKey?: Item | undefined;
  Limit?: number | undefined;
}

export interface Query extends Scan {
  IndexName?: string | undefined;
  KeyConditionExpression: string;
  ScanIndexForward?: boolean;
}

export interface Found {
  Items: Item[];
  LastEvaluatedKey?: Item | undefined;
}

/** Whether an item as it is shows the write that was refused. */
export type IsOurs = (item: Item | undefined) => boolean;

/** DynamoDB, as its own reference has it, with plain values in the place of attribute values. */
export type TableCalls = ReturnType<typeof createCalls>;
export type Table = TableCalls & ReturnType<typeof describeOnce>;

export function createTable(call: CallAws): Table {
  return addOnce(createCalls(call));
}

export function addOnce(calls: TableCalls): Table {
  return { ...calls, ...describeOnce(calls) };
}

/**
 * Conditional writes that are not fooled by a lost answer: AWS may apply a write and lose its answer, and
 * the write's own condition then refuses the repetition. So a refused one looks at the item as it is, and
 * answers false only where that shows another writer's.
 */
function describeOnce(calls: TableCalls) {
  async function holds(sent: Promise<object>, at: Get, isOurs: IsOurs): Promise<boolean> {
    const refusal = await sent.then(() => undefined, refusalOf);
    return !refusal || isOurs(await look(at));
  }

  async function look({ TableName, Key }: Get): Promise<Item | undefined> {
    return (await calls.get({ TableName, Key, ConsistentRead: true })).Item;
  }

  return {
    putOnce: (input: Put, isOurs: IsOurs = isSame(input.Item)) =>
      holds(calls.put(input), { ...input, Key: { pk: input.Item.pk } }, isOurs),

    updateOnce: (input: Update, isOurs: IsOurs) => holds(calls.update(input), input, isOurs),

    /** One that is gone after a repetition is taken for deleted by this call. */
    async deleteOnce(input: Delete): Promise<boolean> {
      const refusal = await calls.delete(input).then(() => undefined, refusalOf);
      return !refusal || ('isRepeated' in refusal && (await look(input)) === undefined);
    },
  };
}

function createCalls(call: CallAws) {
  async function find(operation: string, input: Scan): Promise<Found> {
    const { Items, LastEvaluatedKey: last } = await call(operation, encode(input));
    const found = { Items: Array.isArray(Items) ? Items.map(fromAttributes) : [] };
    return isObject(last) ? { ...found, LastEvaluatedKey: fromAttributes(last) } : found;
  }

  async function change(operation: string, input: Put | Update | Delete) {
    const { Attributes } = await call(operation, encode(input));
    return isObject(Attributes) ? { Attributes: fromAttributes(Attributes) } : {};
  }

  return {
    async get(input: Get): Promise<{ Item?: Item }> {
      const { Item } = await call('GetItem', encode(input));
      return isObject(Item) ? { Item: fromAttributes(Item) } : {};
    },

    put: (input: Put) => change('PutItem', input),

    update: (input: Update): Promise<{ Attributes?: Item }> => change('UpdateItem', input),

    delete: (input: Delete) => change('DeleteItem', input),

    query: (input: Query) => find('Query', input),

    /** Reads all that there is: for operators' commands, never for a request. */
    async *scan(input: Scan): AsyncGenerator<Item> {
      let from: Item | undefined;
      do {
        const { Items, LastEvaluatedKey } = await find('Scan', {
          ...input,
          ExclusiveStartKey: from,
        });
        yield* Items;
        from = LastEvaluatedKey;
      } while (from);
    },
  };
}

/** Whether an item holds these attributes; those given as undefined, not at all. */
export function shows(item: Item | undefined, attributes: Item): boolean {
  return (
    item !== undefined &&
    Object.entries(attributes).every(([name, value]) => isDeepStrictEqual(item[name], plain(value)))
  );
}

function isSame(written: Item): IsOurs {
  return (item) => isDeepStrictEqual(item, plain(written));
}

/** As it is read again: without what is undefined. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** That the condition refused the write; every other error is thrown. */
function refusalOf(error: unknown): Error {
  if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return error;
  throw error;
}

/** Those parts of a call that hold values. */
const ENCODED = ['Key', 'Item', 'ExpressionAttributeValues', 'ExclusiveStartKey'];

function encode(input: object): object {
  const parts = Object.entries(input).map(([name, part]) =>
    ENCODED.includes(name) && part !== undefined ? [name, toAttributes(part)] : [name, part],
  );
  return Object.fromEntries(parts);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
