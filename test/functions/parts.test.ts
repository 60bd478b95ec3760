import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import { type AnalysisRecord, newAnalysis } from '../../lib/analysis/record.ts';
import {
  choosePartSize,
  countParts,
  MAX_FORM_UPLOAD_BYTES,
  MULTIPART_EXPIRES_SECONDS,
  sizePart,
} from '../../lib/requests/multipart.ts';
import { MAX_SIGNED_PARTS } from '../../lib/requests/sign-parts.ts';
import { announceUpload, type UploadRequest, uploadRequest } from '../../lib/requests/upload.ts';
import { UPLOAD_LIMITS } from '../support/limits.ts';
import { type Service, startService } from '../support/service.ts';

const PART_BYTES = 5 * 1024 ** 2; // S3's least
const FIRST = Buffer.alloc(PART_BYTES, 1);
const SECOND = Buffer.from('the rest');
const context = { getRemainingTimeInMillis: () => 25_000 } as Context;
// biome-ignore lint/suspicious/noExplicitAny: whatever a route answers
type Answer = any;
type Handler = (event: never, context: Context) => Promise<Answer>;

let service: Service;
let now = Date.now();
/** The storage's own, which refuses what was signed at another time. */
let storageTime: number | undefined;
const handlers = new Map<string, Handler>();

beforeAll(async () => {
  service = await startService({}, undefined, () => storageTime ?? Date.now());
  for (const client of ['client', 'other']) await service.addKey(`sk_${client}`, client);
  for (const { environment } of service.played.functions) Object.assign(process.env, environment);
  const deps = { ...service, maxBytes: UPLOAD_LIMITS, now: () => now };
  for (const name of [
    'create-upload',
    'sign-parts',
    'list-parts',
    'complete-upload',
    'cancel-upload',
  ]) {
    const { createHandler } = await import(`../../functions/${name}.ts`);
    handlers.set(name, createHandler(deps));
  }
});
afterAll(() => service.stop());
beforeEach(() => {
  now = Date.now();
  storageTime = undefined;
});

async function ask(name: string, id: string, body?: object, client = 'client'): Promise<Answer> {
  const json = { 'content-type': 'application/json' };
  const headers = { authorization: `Bearer sk_${client}`, ...(body && json) };
  const event = {
    headers,
    pathParameters: { id },
    requestContext: { requestId: 'r', timeEpoch: Date.now(), http: {} },
    ...(body && { body: JSON.stringify(body) }),
  };
  const handler = handlers.get(name);
  if (!handler) throw new Error(`No handler for ${name}`);
  const { statusCode, body: text } = await handler(event as never, context);
  return { status: statusCode, ...JSON.parse(text) };
}
const announce = (more: object) =>
  ask('create-upload', '', {
    filename: 'a.mp4',
    contentType: 'video/mp4',
    analyzer: 'describe',
    ...more,
  });

/** An upload of two parts, as `POST /v1/uploads` begins larger ones. */
async function begin(checksum?: 'sha256' | 'crc32'): Promise<AnalysisRecord> {
  const id = createAnalysisId(now);
  const key = uploadKey(id);
  const uploadId = await service.parts.start({ key, contentType: 'video/mp4', checksum });
  const bytes = FIRST.length + SECOND.length;
  const analyzer = { name: 'describe', version: 1 };
  const source = { key, filename: 'a.mp4' };
  const record = {
    ...newAnalysis({ id, clientId: 'client', source, analyzer, now }),
    multipart: { uploadId, bytes, partSize: PART_BYTES, checksum },
    uploadExpiresAt: new Date(now + MULTIPART_EXPIRES_SECONDS * 1000).toISOString(),
  };
  await service.analyses.create(record);
  return record;
}

const hex = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function put(id: string, number: number, body: Buffer, digest: object = {}) {
  const signed = await ask('sign-parts', id, { parts: [{ number, ...digest }] });
  const [{ url, method, headers }] = signed.parts;
  return fetch(url, { method, headers, body: Uint8Array.from(body) });
}

async function putBoth(id: string): Promise<void> {
  expect((await put(id, 1, FIRST)).status).toBe(200);
  expect((await put(id, 2, SECOND)).status).toBe(200);
}

const Bucket = () => service.uploadBucket;
async function listUnfinished(): Promise<(string | undefined)[]> {
  const { Uploads = [] } = await service.s3.send(
    new ListMultipartUploadsCommand({ Bucket: Bucket() }),
  );
  return Uploads.map(({ Key }) => Key);
}

describe('an announced file', () => {
  test('goes in parts from one byte over what a form takes, by its medium up to its limit', async () => {
    const form = await announce({ contentLength: MAX_FORM_UPLOAD_BYTES });
    expect(form).toMatchObject({ status: 'awaiting_upload', upload: { method: 'POST' } });
    const parted = await announce({ contentLength: MAX_FORM_UPLOAD_BYTES + 1 });
    expect(parted.upload).toMatchObject({
      method: 'MULTIPART',
      partSize: 8_388_608,
      partCount: 12,
      links: { parts: `/v1/uploads/${parted.id}/parts` },
    });
    const largest = await announce({ contentLength: UPLOAD_LIMITS.video });
    expect(largest.upload).toMatchObject({ partCount: 256 });
    expect(Date.parse(largest.upload.expiresAt)).toBe(now + MULTIPART_EXPIRES_SECONDS * 1000);
  });

  test.each([
    ['image/jpeg', UPLOAD_LIMITS.image],
    ['video/webm', UPLOAD_LIMITS.video],
    ['audio/flac', UPLOAD_LIMITS.audio],
    ['application/pdf', UPLOAD_LIMITS.document],
    ['application/octet-stream', UPLOAD_LIMITS.video],
  ])('%s may have %d bytes, and no more', async (contentType, maximum) => {
    const refused = await announce({ contentType, contentLength: maximum + 1 });
    expect(refused).toMatchObject({ status: 413, code: 'file_too_large' });
    expect((await announce({ contentType, contentLength: maximum })).upload).toBeDefined();
    const untold = await announce({ contentType });
    expect(untold.upload.maxBytes).toBe(Math.min(maximum, MAX_FORM_UPLOAD_BYTES));
  });

  test('announced again after a run that died goes on with the upload that was begun', async () => {
    const deps = { ...service, maxBytes: UPLOAD_LIMITS, now: () => now };
    const request: UploadRequest = uploadRequest.parse({
      filename: 'a.mp4',
      contentType: 'video/mp4',
      contentLength: MAX_FORM_UPLOAD_BYTES + 1,
      analyzer: 'describe',
    });
    const origin = { at: now, entropy: new Uint8Array(10).fill(7) };
    const run = async () => {
      const { body } = await announceUpload(deps, 'client', { ...request, fresh: false }, origin);
      return body as Answer;
    };
    const first = await run();
    const begun = await service.analyses.read(first.id);
    expect(await run()).toEqual(first);
    expect(await service.analyses.read(first.id)).toEqual(begun);
  });
});

test('parts are never too many, too small or too large, and together they are the file', () => {
  const sizes = fc.integer({ min: MAX_FORM_UPLOAD_BYTES + 1, max: 5 * 1024 ** 4 });
  fc.assert(
    fc.property(sizes, (bytes) => {
      const upload = { uploadId: 'x', bytes, partSize: choosePartSize(bytes) };
      const count = countParts(upload);
      expect(count).toBeLessThanOrEqual(10_000);
      expect(upload.partSize).toBeGreaterThanOrEqual(PART_BYTES);
      const last = sizePart(upload, count);
      expect(last).toBeGreaterThan(0);
      expect((count - 1) * upload.partSize + last).toBe(bytes);
    }),
  );
});

describe('a part', () => {
  test('is taken with the very size that it has to have, and with no other', async () => {
    const { id } = await begin();
    expect((await put(id, 2, Buffer.from('the res'))).status).toBe(403);
    expect((await put(id, 2, Buffer.from('the rest!'))).status).toBe(403);
    expect((await put(id, 2, SECOND)).status).toBe(200);
  });

  test.each([
    ['sha256', hex],
    ['crc32', (bytes: Buffer) => crc32(bytes).toString(16).padStart(8, '0')],
  ] as const)(
    'whose %s was announced is taken with that, and with no other',
    async (name, digest) => {
      const { id } = await begin(name);
      const missing = await ask('sign-parts', id, { parts: [{ number: 2 }] });
      expect(missing).toMatchObject({ status: 400, errors: [{ path: `body.parts.0.${name}` }] });
      const wrong = await put(id, 2, Buffer.from('the nest'), { [name]: digest(SECOND) });
      expect(await wrong.text()).toContain('<Code>BadDigest</Code>');
      const { parts } = await ask('sign-parts', id, {
        parts: [{ number: 2, [name]: digest(SECOND) }],
      });
      const bare = await fetch(parts[0].url, { method: 'PUT', body: Uint8Array.from(SECOND) });
      expect(bare.status).toBe(403); // the header is signed: nobody leaves it out
      expect((await put(id, 1, FIRST, { [name]: digest(FIRST) })).status).toBe(200);
      expect((await put(id, 2, SECOND, { [name]: digest(SECOND) })).status).toBe(200);
      expect(await ask('complete-upload', id)).toMatchObject({ status: 200 });
    },
  );

  test('is not signed where nobody could send it', async () => {
    const { id } = await begin();
    const sign = (parts: object[], client?: string) => ask('sign-parts', id, { parts }, client);
    for (const parts of [
      [],
      [{ number: 0 }],
      [{ number: 3 }],
      [{ number: 1 }, { number: 1.5 }],
      [{ number: 1, sha256: hex(FIRST) }],
      [{ number: 1, etag: 'x' }],
      Array.from({ length: MAX_SIGNED_PARTS + 1 }, () => ({ number: 1 })),
    ])
      expect(await sign(parts)).toMatchObject({ status: 400, code: 'request_invalid' });
    expect(await sign([{ number: 1 }], 'other')).toMatchObject({ code: 'analysis_not_found' });
    const form = await announce({ contentLength: 5 });
    const ofForm = await ask('sign-parts', form.id, { parts: [{ number: 1 }] });
    expect(ofForm).toMatchObject({ status: 400 });
    now += MULTIPART_EXPIRES_SECONDS * 1000;
    expect(await sign([{ number: 1 }])).toMatchObject({ status: 410, code: 'upload_expired' });
  });
});

describe('an upload in parts', () => {
  test('becomes the file once all parts are there; asked again, it answers the same', async () => {
    const { id } = await begin();
    const missing = await ask('complete-upload', id);
    expect(missing).toMatchObject({ status: 400, detail: expect.stringContaining('parts 1, 2') });
    await put(id, 1, FIRST);
    expect(await ask('list-parts', id)).toMatchObject({
      complete: false,
      partSize: PART_BYTES,
      partCount: 2,
      parts: [{ number: 1, bytes: PART_BYTES }],
    });
    await put(id, 2, SECOND);
    const { parts } = await ask('list-parts', id);
    const done = { status: 200, id, links: { self: `/v1/analyses/${id}` } };
    expect(await ask('complete-upload', id, { parts })).toMatchObject({ status: 400 }); // `bytes`
    const told = parts.map(({ number, etag }: Answer) => ({ number, etag: etag.slice(1, -1) }));
    expect(await ask('complete-upload', id, { parts: told })).toEqual(done);
    expect(await ask('complete-upload', id, { parts: told })).toEqual(done);
    expect(await ask('list-parts', id)).toMatchObject({ complete: true, parts: [] });
    const object = { Bucket: Bucket(), Key: uploadKey(id) };
    const { Body, ContentType } = await service.s3.send(new GetObjectCommand(object));
    expect(ContentType).toBe('video/mp4');
    expect(await Body?.transformToString('hex')).toBe(
      Buffer.concat([FIRST, SECOND]).toString('hex'),
    );
  });

  test('is not completed of parts that are others than the client has seen', async () => {
    const { id } = await begin();
    await putBoth(id);
    const { parts } = await ask('list-parts', id);
    const [first, second] = parts.map(({ number, etag }: Answer) => ({ number, etag }));
    for (const told of [
      [first, { ...second, etag: first.etag }],
      [first],
      [first, second, { number: 3, etag: 'x' }],
    ])
      expect(await ask('complete-upload', id, { parts: told })).toMatchObject({
        status: 400,
        code: 'request_invalid',
      });
    expect(await ask('list-parts', id)).toMatchObject({ complete: false });
  });

  test('counts no part of another size, however it came there', async () => {
    const { id, source, multipart } = await begin();
    await putBoth(id);
    const part = { Bucket: Bucket(), Key: source.key, UploadId: multipart?.uploadId };
    const Body = Buffer.from('longer than announced');
    await service.s3.send(new UploadPartCommand({ ...part, PartNumber: 2, Body }));
    expect((await ask('list-parts', id)).parts).toMatchObject([{ number: 1 }]);
    expect(await ask('complete-upload', id)).toMatchObject({
      status: 400,
      detail: expect.stringContaining('part 2'),
    });
  });

  test("is another client's: it is not found", async () => {
    const { id } = await begin();
    for (const name of ['list-parts', 'complete-upload', 'cancel-upload'])
      expect(await ask(name, id, undefined, 'other')).toMatchObject({ code: 'analysis_not_found' });
    expect(await ask('list-parts', 'nothing')).toMatchObject({ status: 404 });
  });

  test('of which S3 knows no more is over', async () => {
    const { id, source, multipart } = await begin();
    const upload = { Bucket: Bucket(), Key: source.key, UploadId: multipart?.uploadId };
    await service.s3.send(new AbortMultipartUploadCommand(upload));
    for (const name of ['list-parts', 'complete-upload'])
      expect(await ask(name, id)).toMatchObject({ status: 410, code: 'upload_expired' });
  });

  test('is gone after the time of the lifecycle, with what was sent of it', async () => {
    const { id } = await begin();
    await put(id, 1, FIRST);
    expect(await listUnfinished()).toContain(uploadKey(id));
    const sweepAt = (time: number) => {
      storageTime = time;
      service.cloud.buckets.sweep();
      storageTime = undefined;
    };
    const day = MULTIPART_EXPIRES_SECONDS * 1000;
    sweepAt(now + day - 1); // until then parts are signed
    expect(await ask('list-parts', id)).toMatchObject({ parts: [{ number: 1 }] });
    sweepAt(now + 2 * day); // S3 waits for midnight
    expect(await listUnfinished()).toEqual([]);
    expect(await ask('list-parts', id)).toMatchObject({ status: 410 });
  });
});

describe('an upload is cancelled', () => {
  const removed = (object: number) => ({ record: 1, content: 0, object, result: 0, picture: 0 });

  test('with its parts; those on their way are refused', async () => {
    const { id } = await begin();
    const { parts } = await ask('sign-parts', id, { parts: [{ number: 2 }] });
    await put(id, 1, FIRST);
    expect(await ask('cancel-upload', id)).toEqual({ status: 200, id, deleted: removed(1) });
    const late = await fetch(parts[0].url, { method: 'PUT', body: Uint8Array.from(SECOND) });
    expect(late.status).toBe(404);
    for (const name of ['cancel-upload', 'list-parts', 'complete-upload'])
      expect(await ask(name, id)).toMatchObject({ code: 'analysis_not_found' });
  });

  test('that was to come by a form, too', async () => {
    const { id } = await announce({ contentType: 'image/jpeg' });
    expect(await ask('cancel-upload', id)).toEqual({ status: 200, id, deleted: removed(0) });
  });

  test('when S3 fails in the middle: the same call finishes it', async () => {
    const { id } = await begin();
    const { cancelUpload } = await import('../../lib/requests/delete.ts');
    const abortParts = () => Promise.reject(new Error('S3 is down'));
    const failing = { ...service, uploads: { ...service.uploads, abortParts }, now: () => now };
    await expect(cancelUpload(failing, 'client', id)).rejects.toThrow('S3 is down');
    expect(await ask('cancel-upload', id)).toMatchObject({ deleted: { record: 0, object: 1 } });
    expect(await listUnfinished()).not.toContain(uploadKey(id));
  });

  test('but not its analysis, once the file has come', async () => {
    const { id, version } = await begin();
    await service.analyses.change(id, { status: 'processing' }, { version });
    expect(await ask('cancel-upload', id)).toMatchObject({ status: 400, code: 'request_invalid' });
    expect(await service.analyses.read(id)).toMatchObject({ status: 'processing' });
  });
});
