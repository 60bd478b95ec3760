import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connectReader } from '../../../lib/aws/connections.ts';
import { createUploadReader } from '../../../lib/aws/stored-file.ts';

// A bucket that says what it is told to: of one that works, test/integration/ has more.

type Answer = (response: ServerResponse, range: string | undefined) => void;

const FILE = Buffer.from(Array.from({ length: 2_500_000 }, (_, index) => (index * 7_919) % 251));
let answers: Answer[] = [];
const ranges: (string | undefined)[] = [];
const paths: (string | undefined)[] = [];
const server = createServer(({ headers, url }, response) => {
  ranges.push(headers.range);
  paths.push(url);
  (answers.shift() ?? sendFile)(response, headers.range);
});
const sendFile: Answer = (response, range) => {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  const bytes = range ? FILE.subarray(Number(from), Number(to) + 1) : FILE;
  response.writeHead(range ? 206 : 200, { 'content-length': bytes.length, etag: '"e"' }).end(bytes);
};
const breakOff: Answer = (response) => {
  response.writeHead(200, { 'content-length': FILE.length }).write(FILE.subarray(0, 70_000));
  setTimeout(() => response.socket?.destroy(), 20);
};
const refuse =
  (status: number, code: string): Answer =>
  (response) =>
    response.writeHead(status).end(`<Error><Code>${code}</Code><Message>m</Message></Error>`);

let open: ReturnType<typeof createUploadReader>['open'];
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'AKIAX',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  ({ open } = createUploadReader(connectReader('scans')));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  answers = [];
  ranges.length = 0;
  paths.length = 0;
});

const signal = () => new AbortController().signal;
const isPart = (read: Uint8Array | undefined, start: number, end: number) =>
  read !== undefined && FILE.subarray(start, end).equals(read);

test('a file is the same however it is read, and from start to end by one call', async () => {
  const places = fc.array(fc.nat({ max: FILE.length }), { minLength: 2, maxLength: 2 });
  const heads = fc.array(fc.nat({ max: 65_536 }), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(heads, places, fc.boolean(), async (ends, [one = 0, other = 0], isWhole) => {
      ranges.length = 0;
      const file = await open('uploads/a', signal());
      for (const end of ends) expect(isPart(await file?.read(0, end), 0, end)).toBe(true);
      if (isWhole) expect(isPart(await file?.readAll(FILE.length), 0, FILE.length)).toBe(true);
      const [start, end] = [Math.min(one, other), Math.max(one, other)];
      expect(isPart(await file?.read(start, end), start, end)).toBe(true);
      if (isWhole) expect(ranges).toEqual([undefined]);
      file?.close();
    }),
    { numRuns: 25 },
  );
});

test('an object that is gone is none; one that may not be read is an error', async () => {
  answers = [refuse(404, 'NoSuchKey'), refuse(403, 'AccessDenied')];
  expect(await open('uploads/a', signal())).toBeUndefined();
  await expect(open('uploads/a', signal())).rejects.toMatchObject({ name: 'AccessDenied' });
});

test('an object is asked for by its key, whatever a URL would make of it', async () => {
  for (const key of ['drop/a/../b', 'drop/./b', 'drop/..', 'drop//b', 'drop/b\\c?d#e'])
    (await open(key, signal()))?.close();
  expect(paths).toEqual([
    '/scans/drop/a/../b',
    '/scans/drop/./b',
    '/scans/drop/..',
    '/scans/drop//b',
    '/scans/drop/b%5Cc%3Fd%23e',
  ]);
});

test('a call that fails is made again, one that breaks off within the file is not', async () => {
  answers = [refuse(503, 'SlowDown'), breakOff];
  const file = await open('uploads/a', signal());
  await expect(file?.readAll(FILE.length)).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(ranges).toHaveLength(2);
});

test('where nobody reads when it breaks off, the next read says so', async () => {
  answers = [breakOff];
  const file = await open('uploads/a', signal());
  await new Promise((resolve) => setTimeout(resolve, 60));
  await expect(file?.readAll(FILE.length)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('the signal ends a file on its way', async () => {
  const stop = new AbortController();
  answers = [(response) => response.writeHead(200, { 'content-length': FILE.length }).write('a')];
  const file = await open('uploads/a', stop.signal);
  const read = file?.readAll(FILE.length);
  stop.abort();
  await expect(read).rejects.toThrow();
});

test.each([
  ['of the whole', createHash('sha256').update(FILE).digest(), true],
  ['of nothing known', undefined, false],
  ['of parts, which is that of their digests', `${createHash('sha256').digest('base64')}-3`, false],
  ['of another form', 'c2hvcnQ=', false],
])('given a digest of S3 %s, then it is told: %s', async (_, digest, isNotified) => {
  const text = Buffer.isBuffer(digest) ? digest.toString('base64') : digest;
  answers = [
    (response) =>
      response
        .writeHead(200, {
          'content-length': FILE.length,
          ...(text !== undefined && { 'x-amz-checksum-sha256': text }),
        })
        .end(FILE),
  ];
  const file = await open('drop/a.jpg', signal());
  const told = isNotified ? createHash('sha256').update(FILE).digest('hex') : undefined;
  expect(file?.sha256).toBe(told);
  file?.close();
});
