import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { openTables, type Tables } from '../src/cloud/dynamodb/tables.ts';
import { SDK_OPTIONS, type ServedService, serveService } from './serve-service.ts';
import { mountSmallDisk } from './small-disk.ts';

const disk = mountSmallDisk(24);
afterAll(() => disk?.unmount());

const TableName = 'pictures';
const TABLE = {
  TableName,
  BillingMode: 'PAY_PER_REQUEST' as const,
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' as const }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }],
};

describe.skipIf(!disk)('tables on a disk that is full', () => {
  let tables: Tables;
  let served: ServedService;
  let client: DynamoDBDocumentClient;
  const dataDir = join(disk?.folder ?? '', 'data');
  async function open(folder: string) {
    tables = await openTables({ dataDir: folder });
    served = await serveService(tables);
    const plain = new DynamoDBClient({ ...SDK_OPTIONS, maxAttempts: 1, endpoint: served.endpoint });
    client = DynamoDBDocumentClient.from(plain);
  }
  async function close() {
    client.destroy();
    await served.close();
    await tables.close();
  }
  const put = (pk: string, characters = 700) =>
    client.send(new PutCommand({ TableName, Item: { pk, text: 'x'.repeat(characters) } }));
  const isThere = async (pk: string) =>
    (await client.send(new GetCommand({ TableName, Key: { pk } }))).Item !== undefined;

  test('lose nothing that they have acknowledged: not before, and not behind, what they had to refuse', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await open(dataDir);
    await tables.ensureTable(TABLE);
    const kept: string[] = [];
    const refused: string[] = [];
    const tryPut = (pk: string, characters?: number) =>
      put(pk, characters).then(
        () => kept.push(pk),
        () => refused.push(pk),
      );
    for (let index = 0; index < 50; index += 1) await tryPut(`before-${index}`);
    disk?.fill();
    for (let index = 0; index < 30; index += 1) await tryPut(`full-${index}`, 300 + index * 211);
    expect(refused.length).toBeGreaterThan(20);
    await expect(put('full')).rejects.toMatchObject({
      $metadata: { httpStatusCode: 500 },
      message: 'The endpoint failed: the disk is full.',
    });
    expect(await isThere('before-0')).toBe(true); // what can be read is
    disk?.free();
    await expect
      .poll(
        () =>
          put('again').then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    for (let index = 0; index < 200; index += 1) await tryPut(`behind-${index}`);
    await Promise.all(Array.from({ length: 50 }, (_, index) => tryPut(`at-once-${index}`)));
    expect(kept.length).toBeGreaterThanOrEqual(300);

    // As a kill leaves it.
    cpSync(join(dataDir, 'dynamodb'), join(disk?.folder ?? '', 'killed/dynamodb'), {
      recursive: true,
    });
    await close();
    await open(join(disk?.folder ?? '', 'killed'));
    const lost: string[] = [];
    for (const pk of kept) if (!(await isThere(pk))) lost.push(pk);
    expect(lost).toEqual([]);
    await close();
    // Told once a minute, in words, and not for each of the writes.
    expect(printed.mock.calls.length).toBeLessThanOrEqual(1);
    for (const [told] of printed.mock.calls)
      expect(told).toMatch(/^Nothing can be stored: the disk is full\./);
    printed.mockRestore();
  });
});
