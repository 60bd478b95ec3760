import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore, putTable } from '../src/cloud/dynamodb/store.ts';
import { storedTableSchema } from '../src/cloud/dynamodb/table-definition.ts';
import { openTables, type Tables } from '../src/cloud/dynamodb/tables.ts';
import { SDK_OPTIONS, type ServedService, serveService } from './serve-service.ts';

const TableName = 'pictures';
const TABLE = {
  TableName,
  BillingMode: 'PAY_PER_REQUEST' as const,
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' as const },
    { AttributeName: 'owner', AttributeType: 'S' as const },
  ],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byOwner',
      KeySchema: [
        { AttributeName: 'owner', KeyType: 'HASH' as const },
        { AttributeName: 'pk', KeyType: 'RANGE' as const },
      ],
      Projection: { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: ['title'] },
    },
  ],
  ttlAttribute: 'endsAt',
};

let dataDir: string;
let tables: Tables;
let served: ServedService;
let client: DynamoDBDocumentClient;
let seconds: number;

async function start() {
  tables = await openTables({ dataDir, now: () => seconds * 1000 });
  served = await serveService(tables);
  client = DynamoDBDocumentClient.from(
    new DynamoDBClient({ ...SDK_OPTIONS, endpoint: served.endpoint }),
  );
}

async function stop() {
  client.destroy();
  await served.close();
  await tables.close();
}

async function listOwned(owner: string) {
  const { Items } = await client.send(
    new QueryCommand({
      TableName,
      IndexName: 'byOwner',
      KeyConditionExpression: '#owner = :owner',
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: { ':owner': owner },
    }),
  );
  return Items;
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'laptop-cloud-tables-'));
  seconds = 1_800_000_000;
  await start();
});

afterEach(async () => {
  await stop();
  await rm(dataDir, { recursive: true });
});

describe('a declared table', () => {
  test('is ready at once, and declaring it again keeps its items', async () => {
    await tables.ensureTable(TABLE);
    await client.send(new PutCommand({ TableName, Item: { pk: '1', owner: 'ann', title: 'cat' } }));
    await stop();
    await start();
    await tables.ensureTable(TABLE);
    const { Item } = await client.send(new GetCommand({ TableName, Key: { pk: '1' } }));
    expect(Item).toEqual({ pk: '1', owner: 'ann', title: 'cat' });
  });

  test('when an index is declared otherwise, then it is built anew from the items', async () => {
    await tables.ensureTable(TABLE);
    await client.send(
      new PutCommand({ TableName, Item: { pk: '1', owner: 'ann', title: 'cat', size: 3 } }),
    );
    const [index] = TABLE.GlobalSecondaryIndexes;
    await tables.ensureTable({
      ...TABLE,
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byOwner',
          KeySchema: index?.KeySchema ?? [],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['size'] },
        },
      ],
    });
    expect(await listOwned('ann')).toEqual([{ pk: '1', owner: 'ann', size: 3 }]);
    await client.send(new DeleteCommand({ TableName, Key: { pk: '1' } }));
    expect(await listOwned('ann')).toEqual([]);
  });

  test('when its key is declared otherwise, then the error says what to do', async () => {
    await tables.ensureTable(TABLE);
    const declared = {
      ...TABLE,
      KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' as const }],
    };
    await expect(tables.ensureTable(declared)).rejects.toThrow(
      /another key.*Move the data folder away/,
    );
  });

  test.each(['CREATING', 'UPDATING'])(
    'when a kill left it %s, then the next start makes it usable',
    async (TableStatus) => {
      await tables.ensureTable(TABLE);
      await stop();
      const store = await openStore(dataDir);
      await putTable(store, storedTableSchema.parse({ ...TABLE, TableStatus }));
      await store.db.close();
      await start();
      await tables.ensureTable(TABLE);
      await client.send(new PutCommand({ TableName, Item: { pk: '1', owner: 'ann' } }));
      expect(await listOwned('ann')).toHaveLength(1);
    },
  );

  test('when a kill fell into its deletion, then the next start ends that with all its rows', async () => {
    await tables.ensureTable(TABLE);
    await client.send(new PutCommand({ TableName, Item: { pk: '1', owner: 'ann' } }));
    await stop();
    const store = await openStore(dataDir);
    await putTable(store, storedTableSchema.parse({ ...TABLE, TableStatus: 'DELETING' }));
    await store.db.close();
    await start();
    await tables.ensureTable(TABLE);
    expect(await listOwned('ann')).toEqual([]);
  });
});

describe('items', () => {
  beforeEach(() => tables.ensureTable(TABLE));

  test('conditions, counters and indexes work as the SDK asks for them', async () => {
    const put = new PutCommand({
      TableName,
      Item: { pk: '1', owner: 'ann', title: 'cat' },
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    await client.send(put);
    await expect(client.send(put)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    });
    const update = new UpdateCommand({
      TableName,
      Key: { pk: '1' },
      UpdateExpression: 'SET #owner = :bob ADD tries :one',
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: { ':bob': 'bob', ':one': 1 },
      ReturnValues: 'ALL_NEW',
    });
    const { Attributes } = await client.send(update);
    expect(Attributes).toEqual({ pk: '1', owner: 'bob', title: 'cat', tries: 1 });
    expect(await listOwned('ann')).toEqual([]);
    expect(await listOwned('bob')).toEqual([{ pk: '1', owner: 'bob', title: 'cat' }]);
  });

  describe('a write whose condition does not hold', () => {
    const stored = { pk: { S: '1' }, owner: { S: 'ann' }, tries: { N: '3' } };
    const Key = { pk: { S: '1' } };
    const none = { TableName, ConditionExpression: 'attribute_not_exists(pk)' };
    const allOld = { ...none, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const };
    beforeEach(() => client.send(new PutItemCommand({ TableName, Item: stored })));

    async function itemOf(call: Promise<unknown>) {
      const error = await call.catch((reason: unknown) => reason);
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return error.Item;
    }

    test('shows the item in its way where it is asked for, to PutItem, UpdateItem and DeleteItem', async () => {
      const UpdateExpression = 'REMOVE tries';
      expect(await itemOf(client.send(new PutItemCommand({ ...allOld, Item: Key })))).toEqual(
        stored,
      );
      expect(
        await itemOf(client.send(new UpdateItemCommand({ ...allOld, Key, UpdateExpression }))),
      ).toEqual(stored);
      expect(await itemOf(client.send(new DeleteItemCommand({ ...allOld, Key })))).toEqual(stored);
      const { Item } = await client.send(new GetCommand({ TableName, Key: { pk: '1' } }));
      expect(Item).toEqual({ pk: '1', owner: 'ann', tries: 3 });
    });

    test('shows none where it is not asked for, or where there is none', async () => {
      expect(await itemOf(client.send(new DeleteItemCommand({ ...none, Key })))).toBeUndefined();
      const asked = { ...allOld, ReturnValuesOnConditionCheckFailure: 'NONE' as const };
      expect(await itemOf(client.send(new DeleteItemCommand({ ...asked, Key })))).toBeUndefined();
      const absent = { ...allOld, ConditionExpression: 'attribute_exists(pk)' };
      const other = new DeleteItemCommand({ ...absent, Key: { pk: { S: '2' } } });
      expect(await itemOf(client.send(other))).toBeUndefined();
    });

    test('is not even tried with a value that DynamoDB does not know', async () => {
      const unknown = JSON.parse('"ALL_NEW"');
      const asked = { ...allOld, ReturnValuesOnConditionCheckFailure: unknown, Key };
      await expect(client.send(new DeleteItemCommand(asked))).rejects.toThrow(
        /returnValuesOnConditionCheckFailure.*enum value set: \[ALL_OLD, NONE\]/,
      );
    });
  });

  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
  test.each([
    ['1E-130', '-9.9999999999999999999999999999999999999E+125'],
    ['9.9999999999999999999999999999999999999E+125', '-1E-130'],
    ['-0', '12345678901234567890123456789012345678'],
  ])(
    'numbers as large, as small and as long as DynamoDB takes them are kept: %s, %s',
    async (...numbers) => {
      const item = {
        pk: { S: '1' },
        list: { L: numbers.map((N) => ({ N })) },
        set: { NS: numbers },
      };
      await client.send(new PutItemCommand({ TableName, Item: item }));
      const { Item } = await client.send(new GetItemCommand({ TableName, Key: { pk: item.pk } }));
      expect(Item?.list?.L?.map(({ N }) => Number(N))).toEqual(
        numbers.map((each) => Number(each) + 0),
      );
    },
  );

  test.each([
    '1E126',
    '-1E126',
    '1E-131',
    '123456789012345678901234567890123456789',
    '',
    ' 1',
    '1 ',
    'NaN',
    'Infinity',
    '0x10',
    '1,5',
  ])('the number %j is refused wherever it stands', async (N) => {
    const values: Record<string, AttributeValue>[] = [
      { n: { N } },
      { n: { NS: [N] } },
      { n: { M: { n: { L: [{ N }] } } } },
    ];
    for (const value of values) {
      const put = new PutItemCommand({ TableName, Item: { pk: { S: '1' }, ...value } });
      await expect(client.send(put)).rejects.toMatchObject({ name: 'ValidationException' });
      const update = new UpdateItemCommand({
        TableName,
        Key: { pk: { S: '1' } },
        UpdateExpression: 'SET n = :n',
        ExpressionAttributeValues: { ':n': value.n ?? { N } },
      });
      await expect(client.send(update)).rejects.toMatchObject({ name: 'ValidationException' });
    }
  });

  test.each([
    ['9E125', 'SET n = n + :more', '9E125'],
    ['9E125', 'ADD n :more', '9E125'],
    ['-9E125', 'SET n = n - :more', '9E125'],
    ['1E50', 'SET n = n + :more', '1'],
    ['1E-130', 'ADD n :more', '1'],
  ])(
    'the sum of %s by %s of %s, which no item can hold, is refused',
    async (N, UpdateExpression, more) => {
      const Key = { pk: { S: '1' } };
      await client.send(new PutItemCommand({ TableName, Item: { ...Key, n: { N } } }));
      const ExpressionAttributeValues = { ':more': { N: more } };
      const update = { TableName, Key, UpdateExpression, ExpressionAttributeValues };
      await expect(client.send(new UpdateItemCommand(update))).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringMatching(/^Number overflow/),
      });
      const { Item } = await client.send(new GetItemCommand({ TableName, Key }));
      expect(Number(Item?.n?.N)).toBe(Number(N));
    },
  );

  test('an item and its index rows are stored as one batch', async () => {
    await stop();
    const store = await openStore(dataDir);
    const keys: string[][] = [];
    const { batch } = store.db;
    store.db.batch = (writes) => {
      keys.push(writes.map(({ key }) => key.split('~').slice(0, 2).join('~')));
      return batch.call(store.db, writes);
    };
    const { runOperation } = await import('../src/cloud/dynamodb/dynalite.ts');
    const Item = { pk: { S: '1' }, owner: { S: 'ann' } };
    await runOperation(store, 'PutItem', { TableName, Item });
    await runOperation(store, 'DeleteItem', { TableName, Key: { pk: { S: '1' } } });
    const written = keys.map((batched) => batched.filter((key) => !key.startsWith('scrub~')));
    store.db.batch = batch;
    await store.scrubber.close();
    await store.db.close();
    await start();
    expect(written.map(({ length }) => length)).toEqual([2, 2]);
  });

  test('that are loaded many at once are found by their keys and in the indexes', async () => {
    const items = ['1', '2'].map((pk) => ({ pk: { S: pk }, owner: { S: 'ann' }, size: { N: pk } }));
    await tables.load(TableName, items);
    const { Item } = await client.send(new GetCommand({ TableName, Key: { pk: '2' } }));
    expect(Item).toEqual({ pk: '2', owner: 'ann', size: 2 });
    expect(await listOwned('ann')).toEqual([1, 2].map((n) => ({ pk: String(n), owner: 'ann' })));
    await expect(tables.load('other', items)).rejects.toThrow('no table other');
  });

  test('when their time is over, then the sweep deletes them and leaves the others', async () => {
    const items = [
      { pk: 'past', endsAt: seconds - 1 },
      { pk: 'future', endsAt: seconds + 60 },
      { pk: 'none' },
      { pk: 'text', endsAt: 'yesterday' },
    ];
    for (const Item of items) await client.send(new PutCommand({ TableName, Item }));
    await tables.sweep();
    const found = items.map(({ pk }) => client.send(new GetCommand({ TableName, Key: { pk } })));
    const left = (await Promise.all(found)).flatMap(({ Item }) => (Item ? [Item.pk] : []));
    expect(left).toEqual(['future', 'none', 'text']);
  });
});

describe('what dynalite cannot do', () => {
  test('endless nesting is refused, before something runs out of stack', async () => {
    const nested = `${'{"L":['.repeat(20_000)}{"N":"1"}${']}'.repeat(20_000)}`;
    const response = await fetch(served.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'DynamoDB_20120810.PutItem' },
      body: `{"TableName":"${TableName}","Item":{"pk":{"S":"a"},"deep":${nested}}}`,
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('SerializationException');
  });

  beforeEach(() => tables.ensureTable(TABLE));

  test('is refused rather than left out', async () => {
    const transaction = new TransactWriteItemsCommand({
      TransactItems: [{ Put: { TableName, Item: { pk: { S: '1' } } } }],
    });
    await expect(client.send(transaction)).rejects.toMatchObject({
      name: 'UnknownOperationException',
    });
    const newIndex = new UpdateTableCommand({
      TableName,
      GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'byOwner' } }],
    });
    await expect(client.send(newIndex)).rejects.toMatchObject({ name: 'ValidationException' });
    const { ttlAttribute: _, ...table } = TABLE;
    const streamed = new CreateTableCommand({
      ...table,
      TableName: 'other',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
    });
    await expect(client.send(streamed)).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(
      client.send(new DescribeTableCommand({ TableName: 'other' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('the TTL is described as it was declared', async () => {
    const { TimeToLiveDescription } = await client.send(
      new DescribeTimeToLiveCommand({ TableName }),
    );
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'endsAt' });
  });

  test.each(['null', '[]', '"x"', '{', '{"TableName":7}', '{"TableName":"pictures","Key":null}'])(
    'the odd body %s gets an error and ends nothing',
    async (body) => {
      const response = await fetch(served.endpoint, {
        method: 'POST',
        headers: { 'x-amz-target': 'DynamoDB_20120810.GetItem' },
        body,
      });
      expect(response.status).toBe(400);
    },
  );
});

test('when the folder is open in another place, then the error says so', async () => {
  await expect(openTables({ dataDir })).rejects.toThrow(/Another process/);
});
