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

/** DynamoDB, as its own reference has it, with plain values in the place of attribute values. */
export type Table = ReturnType<typeof createTable>;

export function createTable(call: CallAws) {
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
