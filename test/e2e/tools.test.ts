import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askAws, callBoto3, hasAwsCli, hasBoto3, runAws } from '../support/aws-tools.ts';
import { waitForEnd } from '../support/client.ts';
import { createHome, type RunningStack, startStack } from '../support/stack.ts';

const PHOTO = fileURLToPath(new URL('../fixtures/rocket.jpg', import.meta.url));
const photo = readFileSync(PHOTO);
/** What S3, its events, URLs, XML, shells and file systems each read in their own way. */
const ODD_NAMES = [
  'two  words.jpg',
  'one+one.jpg',
  '100%.jpg',
  'a%2Fb%20c.jpg',
  `"it's" <&>.jpg`,
  'Größe ÄÖÜ.jpg',
  'Gro\u0308ße, decomposed.jpg',
  '🚀🌍.jpg',
  'a?b=c#d;e\\f.jpg',
];

/** Python takes its time to start, and more of it where others work, too. */
const SLOWLY = { timeout: 120_000 };
const DROP_TIMEOUT_MS = 60_000;

let stack: RunningStack;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-drop-'));
  stack = await startStack(await createHome());
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function withWrongSecret() {
  return { ...stack.info, secretAccessKey: `${stack.info.secretAccessKey.slice(0, -1)}~` };
}

/** A picture that is no other's, for seeds up to 20. */
function drawPicture(seed: number): Promise<Buffer> {
  const background = { r: 12 * seed, g: 240 - 12 * seed, b: 90 };
  return sharp({ create: { width: 48, height: 32, channels: 3, background } })
    .jpeg()
    .toBuffer();
}

/** The one analysis of this key, found as a user finds it, once it has ended. */
async function waitForDrop(key: string) {
  const until = Date.now() + DROP_TIMEOUT_MS;
  while (Date.now() < until) {
    const response = await stack.call(`/v1/analyses?key=${encodeURIComponent(key)}`);
    const { data }: { data: { id: string }[] } = JSON.parse(await response.text());
    expect(data.length).toBeLessThan(2);
    const [found] = data;
    if (found) return waitForEnd(stack, found.id);
    await sleep(100);
  }
  throw new Error(`No analysis of ${key}`);
}

async function expectAnalysed(key: string) {
  const analysis = await waitForDrop(key);
  expect(analysis).toMatchObject({ status: 'succeeded', source: { key } });
  return analysis;
}

describe.skipIf(!hasAwsCli())('given the AWS CLI', SLOWLY, () => {
  test('when it puts a photo under drop/, the analysis appears, and the photo can be looked at', async () => {
    const { info } = stack;
    const at = ['--bucket', info.uploadBucket, '--key', 'drop/rocket.jpg'];
    const body = ['--body', PHOTO, '--content-type', 'image/jpeg'];
    const put = await askAws(info, ['s3api', 'put-object', ...at, ...body]);
    expect(put.ETag).toMatch(/^"[0-9a-f]{32}"$/);

    const analysis = await expectAnalysed('drop/rocket.jpg');
    expect(analysis.source).toMatchObject({ mediaType: 'image/jpeg', bytes: photo.length });
    const copy = join(folder, 'copy.jpg');
    const [head, , list] = await Promise.all([
      askAws(info, ['s3api', 'head-object', ...at]),
      askAws(info, ['s3api', 'get-object', ...at, copy]),
      askAws(info, ['s3api', 'list-objects-v2', ...at.slice(0, 2), '--prefix', 'drop/rocket']),
    ]);
    const same = { ContentType: 'image/jpeg', ContentLength: photo.length, ETag: put.ETag };
    expect(head).toMatchObject(same);
    expect(readFileSync(copy)).toEqual(photo);
    const { Contents } = list;
    expect(Contents).toMatchObject([{ Key: 'drop/rocket.jpg', Size: photo.length }]);
  });

  test('when it copies a folder of oddly named files, each is analysed by its name, and comes back the same', async () => {
    const { info } = stack;
    const [there, back] = [join(folder, 'there'), join(folder, 'back')];
    const bucket = `s3://${info.uploadBucket}/drop/cli/`;
    mkdirSync(there);
    for (const [index, name] of ODD_NAMES.entries())
      writeFileSync(join(there, name), await drawPicture(index));

    expect(await runAws(info, ['s3', 'cp', '--recursive', there, bucket])).toMatchObject({
      code: 0,
      stderr: '',
    });
    for (const name of ODD_NAMES) await expectAnalysed(`drop/cli/${name}`);
    expect(await runAws(info, ['s3', 'cp', '--recursive', bucket, back])).toMatchObject({
      code: 0,
      stderr: '',
    });
    for (const name of ODD_NAMES)
      expect(readFileSync(join(back, name))).toEqual(readFileSync(join(there, name)));
  });

  test('when its secret is wrong, it is refused with 403', async () => {
    const { uploadBucket } = stack.info;
    const wrong = withWrongSecret();
    const at = ['--bucket', uploadBucket, '--key', 'drop/refused.jpg'];
    const [put, head] = await Promise.all([
      runAws(wrong, ['s3api', 'put-object', ...at, '--body', PHOTO]),
      runAws(wrong, ['s3api', 'head-object', '--bucket', uploadBucket, '--key', 'any']),
    ]);
    expect(put.code).not.toBe(0);
    expect(put.stderr).toContain('SignatureDoesNotMatch');
    expect(head.code).not.toBe(0);
    expect(head.stderr).toContain('(403)');
    const stored = await runAws(stack.info, ['s3api', 'head-object', ...at]);
    expect(stored.stderr).toContain('(404)');
  });
});

describe.skipIf(!hasBoto3())('given boto3', SLOWLY, () => {
  const callS3 = (operation: string, input: object, info = stack.info) =>
    callBoto3(info, [s3Call(operation, input)]).then(([answer]) => answer);
  const s3Call = (operation: string, input: object) => ({
    service: 's3',
    operation,
    input: { Bucket: stack.info.uploadBucket, ...input },
  });

  test('when it puts a photo under drop/, the analysis appears, and the photo can be looked at', async () => {
    const Key = 'drop/boto3/rocket.jpg';
    const Body = photo.toString('base64');
    await callS3('put_object', { Key, Body, ContentType: 'image/jpeg', Metadata: { roll: '7' } });

    await expectAnalysed(Key);
    const [list, head, got] = await callBoto3(stack.info, [
      s3Call('list_objects_v2', { Prefix: 'drop/boto3/' }),
      s3Call('head_object', { Key }),
      s3Call('get_object', { Key }),
    ]);
    expect(list.Contents).toMatchObject([{ Key, Size: photo.length }]);
    const same = { ContentLength: photo.length, ContentType: 'image/jpeg', ETag: head.ETag };
    expect(head).toMatchObject({ ...same, Metadata: { roll: '7' } });
    expect(got).toMatchObject({ ...same, Body });
  });

  test('when it puts objects with odd keys, each is analysed by its key, and comes back the same', async () => {
    const bodies = await Promise.all(ODD_NAMES.map((_, index) => drawPicture(index + 10)));
    const keys = ODD_NAMES.map((name) => `drop/odd/${name}`);
    const puts = keys.map((Key, index) =>
      s3Call('put_object', { Key, Body: bodies[index]?.toString('base64') }),
    );
    await callBoto3(stack.info, puts);

    for (const key of keys) await expectAnalysed(key);
    const [list, ...got] = await callBoto3(stack.info, [
      s3Call('list_objects_v2', { Prefix: 'drop/odd/' }),
      ...keys.map((Key) => s3Call('get_object', { Key })),
    ]);
    const listed = list.Contents.map(({ Key }: { Key: string }) => Key);
    expect(listed.sort()).toEqual(keys.toSorted());
    expect(got.map(({ Body }) => Body)).toEqual(bodies.map((body) => body.toString('base64')));
  });

  test('when its secret is wrong, it is refused with 403', async () => {
    const Key = 'drop/boto3-refused.jpg';
    const [put, receive] = await callBoto3(withWrongSecret(), [
      s3Call('put_object', { Key, Body: photo.toString('base64') }),
      { service: 'sqs', operation: 'list_queues', input: {} },
    ]);
    for (const refused of [put, receive])
      expect(refused).toMatchObject({
        ResponseMetadata: { HTTPStatusCode: 403 },
        Error: { Code: 'SignatureDoesNotMatch' },
      });
    const stored = await callS3('head_object', { Key });
    expect(stored).toMatchObject({ ResponseMetadata: { HTTPStatusCode: 404 } });
  });
  test('when it asks for queues, tables and secrets, it sees those that serverless.yml declares', async () => {
    const SecretId = 'sightline/local/gemini';
    const [queues, tables, secret] = await callBoto3(stack.info, [
      { service: 'sqs', operation: 'list_queues', input: {} },
      { service: 'dynamodb', operation: 'list_tables', input: {} },
      { service: 'secretsmanager', operation: 'get_secret_value', input: { SecretId } },
    ]);
    const names = queues.QueueUrls.map((url: string) => url.split('/').pop());
    expect(names.sort()).toEqual([
      'sightline-local-uploads',
      'sightline-local-uploads-dead',
      'sightline-local-webhooks',
      'sightline-local-webhooks-dead',
    ]);
    expect(tables.TableNames).toEqual(['sightline-local']);
    expect(secret.SecretString).toMatch(/./);
  });
});
