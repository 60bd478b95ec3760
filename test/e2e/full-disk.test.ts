import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, test } from 'vitest';
import { mountSmallDisk } from '../../packages/laptop-cloud/test/small-disk.ts';
import { announce, post, readJson, upload, waitForEnd } from '../support/client.ts';
import { createHome, type RunningStack, startStack } from '../support/stack.ts';

const disk = mountSmallDisk(48);
let stack: RunningStack | undefined;
afterAll(async () => {
  if (stack?.process.exitCode === null) await stack.kill();
  disk?.unmount();
});

const bytes = readFileSync(new URL('../fixtures/rocket.jpg', import.meta.url));
const ANNOUNCED = { filename: 'rocket.jpg', contentType: 'image/jpeg' };
const picture = { ...ANNOUNCED, bytes };

async function createHomeOnDisk() {
  const { environment } = await createHome();
  const dataDir = join(disk?.folder ?? '', 'data');
  return { dataDir, environment: { ...environment, SIGHTLINE_DATA: dataDir } };
}

describe.skipIf(!disk)('a stack whose disk is full', () => {
  test('refuses what it cannot store, goes on when there is room again, loses nothing, and is started only with room', async () => {
    const home = await createHomeOnDisk();
    const running = await startStack(home);
    stack = running;
    const before = await upload(running, picture);
    await waitForEnd(running, before, 20);
    const announced = await announce(running, ANNOUNCED);

    disk?.fill();
    const { accessKeyId, secretAccessKey, awsEndpoint: endpoint, region } = running.info;
    const credentials = { accessKeyId, secretAccessKey };
    const s3 = new S3Client({ endpoint, region, credentials, maxAttempts: 1 });
    const put = new PutObjectCommand({
      Bucket: running.info.uploadBucket,
      Key: 'drop/a.jpg',
      Body: bytes,
    });
    await expect(s3.send(put)).rejects.toMatchObject({
      name: 'InternalError',
      message: 'Nothing can be stored: the disk is full.',
      $metadata: { httpStatusCode: 500 },
    });
    const body = JSON.stringify(ANNOUNCED);
    const headers = { 'content-type': 'application/json' };
    const ask = () => running.call('/v1/uploads', { method: 'POST', body, headers });
    let refused = await ask();
    while (refused.status === 201) refused = await ask(); // what the last page of a file still holds
    expect(await refused.json()).toMatchObject({
      status: 503,
      code: 'unavailable',
      retryable: true,
    });
    expect((await post(announced.upload, picture)).status).toBe(500);
    for (let lines = 0; lines < 20; lines += 1) {
      disk?.fill(); // SQLite gives some room back now and then
      expect((await running.call(`/v1/analyses/${before}`)).status).toBe(200); // what is there can be read
    }

    disk?.free();
    const isTaken = async () => (await ask()).status === 201;
    await expect.poll(isTaken, { timeout: 15_000 }).toBe(true);
    expect((await post(announced.upload, picture)).status).toBe(204);
    expect(await waitForEnd(running, announced.id, 20)).toMatchObject({ status: 'succeeded' });
    expect(running.output()).toMatch(/^Nothing can be stored: the disk is full\./m);
    expect(readFileSync(join(home.dataDir, 'logs/sightline.log'), 'utf8')).toMatch(
      /^\{.*"\d+ lines could not be written"\}$/m,
    );

    await running.kill();
    disk?.fill();
    await expect(startStack(home)).rejects.toThrow(
      /The disk is full: nothing can be stored in .*\nFree some space and start again.*SIGHTLINE_DATA=/,
    );
    disk?.free();
    disk?.setWritable(false);
    await expect(startStack(home)).rejects.toThrow(
      /The disk is read-only.*\nChoose.*SIGHTLINE_DATA=/,
    );
    disk?.setWritable(true);
    stack = await startStack(home);
    const list = await readJson(await stack.call('/v1/analyses?status=succeeded'));
    const ids = list.data.map(({ id }: { id: string }) => id);
    expect(ids).toEqual([announced.id, before]);
    await stack.stop();
  }, 90_000);
});
