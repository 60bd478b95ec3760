import { readFileSync } from 'node:fs';
import { GetObjectCommand, GetObjectTaggingCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAnalysisId, pictureKey, uploadKey } from '../../lib/analysis/ids.ts';
import { createPictureLinks } from '../../lib/analysis/link-signer.ts';
import { type AnalysisRecord, newAnalysis } from '../../lib/analysis/record.ts';
import { ServiceError } from '../../lib/errors.ts';
import { type DeleteDeps, deleteAnalysis } from '../../lib/requests/delete.ts';
import { describeLinks } from '../../lib/requests/look-up.ts';
import { type AnalyzeDeps, analyzeObject } from '../../lib/work/analyze.ts';
import { DESCRIBE_ANSWER } from '../support/describe-answer.ts';
import { MEDIA_LIMITS } from '../support/limits.ts';
import { markJpeg } from '../support/pictures.ts';
import { type Service, startService } from '../support/service.ts';

// The picture that an analysis shows: one object, which is the large picture, with the small one behind it.

const rocket = readFileSync(new URL('../fixtures/rocket.jpg', import.meta.url));
let service: Service;
let deps: AnalyzeDeps & DeleteDeps;
let onAsk: () => unknown = () => DESCRIBE_ANSWER;

beforeAll(async () => {
  service = await startService();
  deps = {
    ...service,
    dropClientId: 'dropper',
    limits: MEDIA_LIMITS,
    now: Date.now,
    gemini: {
      async ask(_request, parse) {
        const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15, costUsd: 0.001 };
        return { value: parse(await onAsk()), model: 'fake-model', usage, calls: 1 };
      },
    },
  };
});
afterAll(() => service.stop());

async function send(bytes: Uint8Array, changes: Partial<AnalysisRecord> = {}): Promise<string> {
  const now = Date.now();
  const id = createAnalysisId(now);
  const source = { key: uploadKey(id), filename: 'rocket.jpg' };
  const analyzer = { name: 'describe', version: 1 };
  const record = newAnalysis({ id, clientId: 'client', source, analyzer, now });
  await service.analyses.create({ ...record, ...changes });
  await service.uploads.put(source.key, bytes, 'image/jpeg');
  return id;
}

function work(id: string) {
  const eventTime = new Date().toISOString();
  const key = uploadKey(id);
  const object = { bucket: service.uploadBucket, key, size: 1, sequencer: '01', eventTime };
  const signal = AbortSignal.timeout(20_000);
  const deadline = Date.now() + 20_000;
  return analyzeObject(deps, object, { signal, deadline, changeVisibility: async () => undefined });
}

async function recordOf(id: string): Promise<AnalysisRecord> {
  const record = await service.analyses.read(id);
  if (!record || record.status === 'deleted') throw new Error(`no record of ${id}`);
  return record;
}

async function analyse(bytes: Uint8Array, changes: Partial<AnalysisRecord> = {}) {
  const id = await send(bytes, changes);
  await work(id);
  const record = await recordOf(id);
  return { id, record, links: await describeLinks(service, record) };
}

async function sizeOf(answer: Response) {
  const { width, height, format } = await sharp(await answer.bytes()).metadata();
  return { width, height, format };
}

/** As the page does it. */
function fetchThumbnail(link = '') {
  const range = new URL(link).hash.slice(1);
  return fetch(link, { headers: { ...(range && { range }), origin: 'https://a.page' } });
}

const isThere = async (key: string) => {
  const Bucket = service.played.refOf('ResultBucket');
  const found = service.s3.send(new GetObjectCommand({ Bucket, Key: key }));
  return found.then(
    () => true,
    () => false,
  );
};

test('an analysis links to its picture and, in the same object, to a thumbnail of a few kilobytes', async () => {
  const { links } = await analyse(markJpeg(rocket));
  const picture = await fetch(links.picture ?? '');
  expect(picture.headers.get('content-type')).toBe('image/jpeg');
  expect(await sizeOf(picture)).toMatchObject({ width: 640, height: 427, format: 'jpeg' });
  const thumbnail = await fetchThumbnail(links.thumbnail);
  expect(thumbnail.status).toBe(206);
  expect(Number(thumbnail.headers.get('content-length'))).toBeLessThan(8_000);
  expect(thumbnail.headers.get('access-control-allow-origin')).toBe('*');
  expect(await sizeOf(thumbnail)).toEqual({ width: 256, height: 171, format: 'jpeg' });
});

test('a picture that is small already is its own thumbnail', async () => {
  const small = await sharp(rocket).resize(100).jpeg().toBuffer();
  const { links } = await analyse(small);
  expect(links.thumbnail).toBe(links.picture);
  expect(await sizeOf(await fetchThumbnail(links.thumbnail))).toMatchObject({ width: 100 });
});

test('the answer to the same bytes shows the same picture, which is not its own to delete', async () => {
  const photo = markJpeg(rocket);
  const first = await analyse(photo);
  const second = await analyse(photo);
  expect(second.record.cached).toBe(true);
  expect(second.links.picture).toBe(first.links.picture);
  expect((await deleteAnalysis(deps, 'client', second.id)).deleted.picture).toBe(0);
  expect(await isThere(pictureKey(first.id))).toBe(true);
});

test('a deletion takes the picture along', async () => {
  const { id } = await analyse(markJpeg(rocket));
  expect(await isThere(pictureKey(id))).toBe(true);
  expect((await deleteAnalysis(deps, 'client', id)).deleted).toMatchObject({ picture: 1 });
  expect(await isThere(pictureKey(id))).toBe(false);
});

test('a deletion while it is stored leaves no picture behind', async () => {
  const id = await send(markJpeg(rocket));
  const { results } = deps;
  const putPicture: typeof results.putPicture = async (...picture) => {
    await deleteAnalysis(deps, 'client', id);
    await service.results.putPicture(...picture);
  };
  deps = { ...deps, results: { ...service.results, putPicture } };
  expect(await work(id)).toMatchObject({ kind: 'ignored' });
  deps = { ...deps, results };
  expect(await isThere(pictureKey(id))).toBe(false);
});

test('a picture that another worker left behind goes with the message of the deleted analysis', async () => {
  const { id } = await analyse(markJpeg(rocket));
  await deleteAnalysis(deps, 'client', id);
  const late = { key: pictureKey(id), mediaType: 'image/jpeg', bytes: rocket };
  await service.results.putPicture(late);
  expect(await work(id)).toMatchObject({ kind: 'ignored', reason: 'deleted' });
  expect(await isThere(pictureKey(id))).toBe(false);
});

test('where the picture cannot be stored, the analysis succeeds without one', async () => {
  const { results } = deps;
  const putPicture = async () => Promise.reject(new Error('S3 is down'));
  deps = { ...deps, results: { ...service.results, putPicture } };
  const { record, links } = await analyse(markJpeg(rocket));
  deps = { ...deps, results };
  expect(record.status).toBe('succeeded');
  expect(record.picture).toBeUndefined();
  expect(links).toEqual({ self: `/v1/analyses/${record.id}` });
});

test('one that the model refuses has its picture, too', async () => {
  onAsk = () => Promise.reject(new ServiceError('content_blocked'));
  const { record, links } = await analyse(markJpeg(rocket));
  onAsk = () => DESCRIBE_ANSWER;
  expect(record.status).toBe('rejected');
  expect((await fetch(links.picture ?? '')).status).toBe(200);
});

test('a picture is kept as long as its file', async () => {
  const { id } = await analyse(markJpeg(rocket), { uploadDays: 7 });
  const Bucket = service.played.refOf('ResultBucket');
  const tags = await service.s3.send(new GetObjectTaggingCommand({ Bucket, Key: pictureKey(id) }));
  expect(tags.TagSet).toEqual([{ Key: 'days', Value: '7' }]);
});

test('a link is what the SDK would sign, with a token, too, and stays the same for some minutes', async () => {
  const at = Date.parse('2026-11-22T12:00:00Z');
  const credentials = {
    accessKeyId: 'AKIAEXAMPLE',
    secretAccessKey: 'its/secret',
    sessionToken: 'a+token/=',
  };
  const connection = { region: 'eu-central-1', credentials };
  const kept = { key: 'pictures/an id', bytes: 100, thumbnailBytes: 20 };
  const link = (later: number) =>
    createPictureLinks('a-bucket', () => at + later, connection)(kept);
  const s3 = new S3Client({ ...connection, endpoint: 'https://s3.eu-central-1.amazonaws.com' });
  const command = new GetObjectCommand({ Bucket: 'a-bucket', Key: kept.key });
  const options = { expiresIn: 900, signingDate: new Date(at) };
  const signed = new URL(await getSignedUrl(s3, command, options));
  const ours = new URL((await link(0)).picture);
  expect(`${ours.origin}${ours.pathname}`).toBe(`${signed.origin}${signed.pathname}`);
  for (const name of ['X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-Security-Token'])
    expect(ours.searchParams.get(name)).toBe(signed.searchParams.get(name));
  expect(await link(299_000)).toEqual(await link(0));
  expect(await link(300_000)).not.toEqual(await link(0));
  expect((await link(0)).thumbnail).toBe(`${ours.href}#bytes=100-119`);
});
