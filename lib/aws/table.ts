import { isDeepStrictEqual } from 'node:util';
import type { CallAws } from './wire/client.ts';

/** The answer, or undefined if the condition refused the write. Other errors are thrown. */
export async function unlessRefused<T>(sent: Promise<T>): Promise<T | undefined> {
  try {
    return await sent;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException')
      return undefined;
    throw error;
  }
}

/** False where the condition refused the write; every other error is thrown. */
export async function accepted(sent: Promise<object>): Promise<boolean> {
  return (await unlessRefused(sent)) !== undefined;
}

/** A value as the table's protocol writes it: `{S: 'text'}`, `{N: '1'}`, … */
export type AttributeValue = Record<string, unknown>;

export type Item = Record<string, unknown>;

/**
 * Magnitudes of the table's numbers, 0 apart: from the first, below the second. Its 38 digits are more than any
 * number of JavaScript has.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
 */
const SMALLEST_NUMBER = 1e-130;
const ABOVE_LARGEST_NUMBER = 1e126;

/** Whether all numbers in it are ones that the table takes: of free JSON, any number may come. */
export function fitsTable(value: unknown): boolean {
  if (typeof value === 'number') return isTableNumber(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(fitsTable);
}

function isTableNumber(value: number): boolean {
  const magnitude = Math.abs(value);
  return value === 0 || (magnitude >= SMALLEST_NUMBER && magnitude < ABOVE_LARGEST_NUMBER);
}

/** Of plain data; what is undefined is left out, as JSON leaves it out. Throws for what has no place in a table. */
export function toAttributes(item: Item): Record<string, AttributeValue> {
  const given = Object.entries(item).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, toAttribute(value)]));
}

function toAttribute(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number' && isTableNumber(value)) return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value === null) return { NULL: true };
  if (Array.isArray(value))
    return { L: value.filter((each) => each !== undefined).map(toAttribute) };
  if (isPlain(value)) return { M: toAttributes(value) };
  throw new Error(`A ${typeof value} cannot be stored: ${String(value)}`);
}

export function fromAttributes(attributes: object): Item {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, fromAttribute(value)]),
  );
}

function fromAttribute(attribute: object): unknown {
  const [[type, value] = []] = Object.entries(attribute);
  if (type === 'N') return Number(value);
  if (type === 'L') return value.map(fromAttribute);
  if (type === 'M') return fromAttributes(value);
  return type === 'NULL' ? null : value;
}

/** By its prototype, for a client's map may have an entry named `constructor`. */
function isPlain(value: unknown): value is Item {
  return typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
}

interface Expressions {
  ConditionExpression?: string | undefined;
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Item | undefined;
}

interface Get {
  TableName: string;
  Key: Item;
  ConsistentRead?: boolean;
}

interface Put extends Expressions {
  TableName: string;
  Item: Item;
}

export interface Update extends Expressions {
  TableName: string;
  Key: Item;
  UpdateExpression: string;
  ReturnValues?: 'ALL_OLD' | 'ALL_NEW';
}

interface Delete extends Expressions {
  TableName: string;
  Key: Item;
}

interface Scan extends Omit<Expressions, 'ConditionExpression'> {
  TableName: string;
  FilterExpression?: string | undefined;
  ProjectionExpression?: string | undefined;
  ExclusiveStartKey?: Item | undefined;
  Limit?: number | undefined;
}

interface Query extends Scan {
  IndexName?: string | undefined;
  KeyConditionExpression: string;
  ScanIndexForward?: boolean;
}

interface Found {
  Items: Item[];
  LastEvaluatedKey?: Item | undefined;
}

/** Whether an item as it is shows the write that was refused. */
type IsOurs = (item: Item | undefined) => boolean;

/** DynamoDB, as its own reference has it, with plain values in the place of attribute values. */
type TableCalls = ReturnType<typeof createCalls>;
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

/** The fields of a call that hold attribute values. */
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
