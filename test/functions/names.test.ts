import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAX_FILENAME_CHARACTERS } from '../../lib/requests/upload.ts';
import { parseS3Event } from '../../lib/work/queue-messages.ts';
import { UPLOAD_LIMITS } from '../support/limits.ts';
import { type Service, startService } from '../support/service.ts';

const KEY = 'sk_test_names';
const context = { getRemainingTimeInMillis: () => 25_000 } as Context;
let service: Service;
// biome-ignore lint/suspicious/noExplicitAny: handlers are called as Lambda calls them
let createUpload: (event: any, context: Context) => Promise<any>;

beforeAll(async () => {
  service = await startService();
  await service.addKey(KEY, 'client');
  for (const { environment } of service.played.functions) Object.assign(process.env, environment);
  createUpload = (await import('../../functions/create-upload.ts')).createHandler({
    ...service,
    ...service.lists,
    maxBytes: { ...UPLOAD_LIMITS, image: 1_000_000 },
    now: Date.now,
  });
});
afterAll(() => service.stop());

/** Traversal, control and bidi characters, markup, and whatever else. */
const ODD = [
  '../../etc/passwd',
  '..\\..\\x',
  '/',
  '.',
  '%2F..%2F',
  'a+b c',
  'a\nb',
  'a\0b',
  '\u202egpj.exe',
  '\u2066x\u2069',
  '<img src=x onerror=alert(1)>',
  '"; rm -rf /',
  '$(id)',
  'CON',
  'é'.repeat(300),
  'x'.repeat(MAX_FILENAME_CHARACTERS),
];
/** S3's own bound, in bytes. */
const MAX_KEY_BYTES = 1_024;
/** Clients resolve these before they ask for anything. */
const HAS_DOTS = /\/\.\.?(\/|$)/;
const names = fc.oneof(
  fc.constantFrom(...ODD).filter((name) => name.length <= MAX_FILENAME_CHARACTERS),
  fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }),
);

test('given any name, then it is kept as it is, and the key that the file gets has nothing of it', async () => {
  await fc.assert(
    fc.asyncProperty(names, async (filename) => {
      const answer = await createUpload(
        {
          headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
          requestContext: { requestId: 'r', timeEpoch: Date.now(), http: {} },
          body: JSON.stringify({ filename, contentType: 'image/jpeg' }),
        },
        context,
      );
      expect(answer.statusCode).toBe(201);
      const { id, upload } = JSON.parse(answer.body);
      expect(upload.fields.key).toBe(`uploads/${id}`);
      const record = await service.analyses.read(id);
      expect(record).toMatchObject({ source: { filename, key: `uploads/${id}` } });
    }),
    { numRuns: 60 },
  );
});

test('given any key in the drop folder, then what S3 tells of it is read as that very key, and its object is found', async () => {
  const bytes = Buffer.from('bytes');
  await fc.assert(
    fc.asyncProperty(names, async (name) => {
      const key = `drop/${name}`;
      fc.pre(Buffer.byteLength(key) <= MAX_KEY_BYTES && !HAS_DOTS.test(key));
      await service.uploads.put(key, bytes, 'image/jpeg');
      const told = encodeURIComponent(key).replaceAll('%20', '+');
      const [object] = parseS3Event({
        Records: [
          {
            eventName: 'ObjectCreated:Put',
            eventTime: new Date().toISOString(),
            s3: { bucket: { name: service.uploadBucket }, object: { key: told } },
          },
        ],
      });
      expect(object?.key).toBe(key);
      const { signal } = new AbortController();
      const file = await service.uploads.open(object?.key ?? '', signal);
      const read = await file?.readAll(1_000);
      expect(Buffer.from(read ?? []).equals(bytes)).toBe(true);
    }),
    { numRuns: 60 },
  );
});
