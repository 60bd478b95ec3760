import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  CompleteMultipartUploadCommand,
  GetObjectTaggingCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dropAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import type { AnalysisRecord } from '../../lib/analysis/record.ts';
import { MAX_INLINE_RESULT_BYTES } from '../../lib/analysis/result-store.ts';
import { findBuiltIn } from '../../lib/analyzers/registry.ts';
import { clientSettings } from '../../lib/auth/client-settings.ts';
import { analyzeNow } from '../../lib/requests/analyze-now.ts';
import { announceUpload, type UploadDeps, uploadRequest } from '../../lib/requests/upload.ts';
import { type AnalyzeDeps, analyzeObject } from '../../lib/work/analyze.ts';
import { failObject } from '../../lib/work/fail.ts';
import { post } from '../support/client.ts';
import { DESCRIBE_ANSWER } from '../support/describe-answer.ts';
import { MEDIA_LIMITS, UPLOAD_LIMITS } from '../support/limits.ts';
import { markJpeg } from '../support/pictures.ts';
import { type Service, startService } from '../support/service.ts';

const rocket = readFileSync(new URL('../fixtures/rocket.jpg', import.meta.url));
const DAY_SECONDS = 86_400;
let service: Service;
let deps: AnalyzeDeps & UploadDeps;

beforeAll(async () => {
  service = await startService();
  deps = {
    ...service,
    dropClientId: 'dropper',
    limits: MEDIA_LIMITS,
    maxBytes: UPLOAD_LIMITS,
    now: Date.now,
    gemini: {
      async ask(_request, parse) {
        const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
        return { value: parse(DESCRIBE_ANSWER), model: 'fake-model', usage, calls: 1 };
      },
    },
  };
  await service.registry.decide('week', { retention: { recordDays: 7 } });
  await service.registry.decide('brief', { retention: { uploadDays: 1, recordDays: 90 } });
  await service.registry.decide('dropper', { retention: { recordDays: 30 } });
});
afterAll(() => service.stop());

async function announce(clientId: string, bytes: Uint8Array, given = deps) {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const body = { filename: 'a.jpg', contentType: 'image/jpeg', sha256 };
  const request = { ...uploadRequest.parse(body), fresh: false };
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was answered
  const answer: any = (await announceUpload(given, clientId, request)).body;
  if (answer.upload) {
    const picture = { filename: 'a.jpg', contentType: 'image/jpeg', bytes };
    expect((await post(answer.upload, picture)).ok).toBe(true);
  }
  return String(answer.id);
}
function deliver(key: string, given: AnalyzeDeps = deps) {
  const signal = AbortSignal.timeout(20_000);
  const deadline = Date.now() + 20_000;
  return analyzeObject(given, objectOf(key), {
    signal,
    deadline,
    changeVisibility: async () => undefined,
  });
}
function objectOf(key: string) {
  const eventTime = new Date(1_795_348_800_000).toISOString();
  return { bucket: service.uploadBucket, key, size: 1, sequencer: '01', eventTime };
}
async function stored(id: string): Promise<AnalysisRecord> {
  const record = await service.analyses.read(id);
  if (!record || record.status === 'deleted') throw new Error(`no record of ${id}`);
  return record;
}
async function tagsOf(Bucket: string, Key: string) {
  const { TagSet } = await service.s3.send(new GetObjectTaggingCommand({ Bucket, Key }));
  return TagSet;
}
/** Whole days from its end until the table removes it. */
async function daysLeft(id: string): Promise<number | undefined> {
  const { expiresAt, completedAt = '' } = await stored(id);
  return expiresAt && Math.round((expiresAt - Date.parse(completedAt) / 1000) / DAY_SECONDS);
}

test('given nothing was decided, then analysis and file are kept as long as the stage has it', async () => {
  const id = await announce('any', markJpeg(rocket));
  await deliver(uploadKey(id));
  expect(await daysLeft(id)).toBeUndefined();
  expect(await tagsOf(service.uploadBucket, uploadKey(id))).toEqual([]);
  const stage = { ...deps, recordDays: 365 };
  const other = await announce('any', markJpeg(rocket), stage);
  await deliver(uploadKey(other), stage);
  expect(await daysLeft(other)).toBe(365);
});

test.each([
  ['week', 7, '7'],
  ['brief', 90, '1'],
])(
  'given the client %s, then its analyses go after %i days and its files after %s',
  async (clientId, days, tag) => {
    const id = await announce(clientId, markJpeg(rocket));
    await deliver(uploadKey(id));
    expect(await stored(id)).toMatchObject({ status: 'succeeded' });
    expect(await daysLeft(id)).toBe(days);
    const tags = [{ Key: 'days', Value: tag }];
    expect(await tagsOf(service.uploadBucket, uploadKey(id))).toEqual(tags);
  },
);

test('what is rejected, given up, dropped or answered from what is known goes as well', async () => {
  const photo = markJpeg(rocket);
  const rejected = await announce('week', Buffer.from('no picture'));
  await deliver(uploadKey(rejected));
  const givenUp = await announce('week', photo);
  await failObject(deps, objectOf(uploadKey(givenUp)));
  await deliver(uploadKey(await announce('week', photo)));
  const known = await announce('week', photo);
  expect(await stored(known)).toMatchObject({ cached: true });
  for (const id of [rejected, givenUp, known]) expect(await daysLeft(id)).toBe(7);
  await service.uploads.put('drop/a.jpg', markJpeg(rocket), 'image/jpeg');
  await deliver('drop/a.jpg');
  expect(await daysLeft(dropAnalysisId(objectOf('drop/a.jpg')))).toBe(30);
});

test('a form is kept as its client has it', async () => {
  const form = { filename: 'a.jpg', contentType: 'image/jpeg', analyzer: 'describe' };
  const request = { clientId: 'week', requestId: 'r', receivedAt: 0, origin: undefined };
  const sent = { ...form, options: undefined, bytes: markJpeg(rocket), fresh: false };
  const { headers = {} } = await analyzeNow({ ...service, now: Date.now }, sent, request);
  const id = headers.location?.split('/').at(-1) ?? '';
  expect((await stored(id)).recordDays).toBe(7);
  expect(await tagsOf(service.uploadBucket, uploadKey(id))).toEqual([{ Key: 'days', Value: '7' }]);
});

test('a large result goes with its analysis', async () => {
  const plain = findBuiltIn('describe');
  if (!plain) throw new Error('no analyzer');
  const parse = () => ({ result: { text: 'x'.repeat(MAX_INLINE_RESULT_BYTES) }, caption: 'Long.' });
  const createQuestion = () => ({ ...plain.createQuestion({}), parse });
  const id = await announce('week', markJpeg(rocket));
  await deliver(uploadKey(id), {
    ...deps,
    findAnalyzer: async () => ({ ...plain, createQuestion }),
  });
  const { resultKey = '' } = await stored(id);
  const bucket = service.played.refOf('ResultBucket');
  expect(await tagsOf(bucket, resultKey)).toEqual([{ Key: 'days', Value: '7' }]);
});

test('what has had its time is not found, also before the table has removed it', async () => {
  const id = await announce('week', markJpeg(rocket));
  const { version } = await stored(id);
  const expiresAt = Math.floor(Date.now() / 1000) - 1;
  await service.analyses.change(id, { expiresAt }, { version });
  expect(await service.analyses.read(id)).toBeUndefined();
});

test('days that no rule of the buckets knows are refused', () => {
  expect(clientSettings.safeParse({ retention: { recordDays: 8 } }).success).toBe(false);
});

test('a file that comes in parts has the tag of its client’s days, too', async () => {
  const key = uploadKey('an_00000000000000000000000000');
  const start = { key, contentType: 'video/mp4', keptDays: 7 };
  const UploadId = await service.parts.start(start);
  const place = { Bucket: service.uploadBucket, Key: key, UploadId };
  const { ETag } = await service.s3.send(
    new UploadPartCommand({ ...place, PartNumber: 1, Body: 'all of it' }),
  );
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await service.s3.send(new CompleteMultipartUploadCommand({ ...place, MultipartUpload }));
  expect(await tagsOf(service.uploadBucket, key)).toEqual([{ Key: 'days', Value: '7' }]);
});
