import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAnalysisId, dropAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import {
  type AnalysisRecord,
  ENDED,
  MAX_ATTEMPTS,
  newAnalysis,
} from '../../lib/analysis/record.ts';
import { findBuiltIn } from '../../lib/analyzers/registry.ts';
import { ServiceError } from '../../lib/errors.ts';
import { type DeleteDeps, deleteAnalysis } from '../../lib/requests/delete.ts';
import { type AnalyzeDeps, analyzeObject } from '../../lib/work/analyze.ts';
import { failObject } from '../../lib/work/fail.ts';
import { DESCRIBE_ANSWER } from '../support/describe-answer.ts';
import { MEDIA_LIMITS } from '../support/limits.ts';
import { createBlackPng, createGif, drawMarker, MARKER, markJpeg } from '../support/pictures.ts';
import { type Service, startService } from '../support/service.ts';

const rocket = readFileSync(new URL('../fixtures/rocket.jpg', import.meta.url));
const photo = markJpeg(rocket);
const analyzer = { name: 'describe', version: 1 };
let service: Service;
let deps: AnalyzeDeps & DeleteDeps;
let calls = 0;
/** What the model does when it is asked. */
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
        calls += 1;
        const value = parse(await onAsk());
        const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15, costUsd: 0.001 };
        return { value, model: 'fake-model', usage };
      },
    },
  };
});
afterAll(() => service.stop());
beforeEach(() => {
  calls = 0;
  onAsk = () => DESCRIBE_ANSWER;
});

let sequence = 0;
function droppedObject(key = 'drop/a photo.jpg') {
  sequence += 1;
  const eventTime = new Date().toISOString();
  const sequencer = String(sequence).padStart(16, '0');
  return { bucket: service.uploadBucket, key, size: photo.length, sequencer, eventTime };
}
function uploadedObject(id: string) {
  return droppedObject(uploadKey(id));
}
async function recordWith(
  changes: Partial<AnalysisRecord> = {},
  bytes: Uint8Array = markJpeg(rocket),
) {
  const id = createAnalysisId(Date.now());
  const key = uploadKey(id);
  const now = Date.now();
  const source = { key, filename: 'rocket.jpg' };
  const record = newAnalysis({ id, clientId: 'client', source, analyzer, now });
  await service.analyses.create({ ...record, ...changes });
  if (bytes.length > 0) await service.uploads.put(key, bytes, 'image/jpeg');
  return id;
}
function deliver(id: string) {
  return deliverObject(uploadedObject(id));
}
function deliverObject(object: ReturnType<typeof droppedObject>) {
  return analyzeObject(deps, object, deliveryOf(20));
}
function deliveryOf(seconds: number) {
  const signal = AbortSignal.timeout(seconds * 1_000);
  return {
    signal,
    deadline: Date.now() + seconds * 1_000,
    changeVisibility: async () => undefined,
  };
}
async function stored(id: string): Promise<AnalysisRecord> {
  const record = await service.analyses.read(id);
  if (!record || record.status === 'deleted') throw new Error(`no record of ${id}`);
  return record;
}
const dead = { status: 'processing', leaseToken: 'dead', leaseUntil: Date.now() - 1 } as const;
const succeeded = { kind: 'ended', status: 'succeeded' };

describe('a message comes, and', () => {
  test('the upload is awaited: it is analysed, and the record holds what was found', async () => {
    const id = await recordWith();
    expect(await deliver(id)).toMatchObject(succeeded);
    const record = await stored(id);
    expect(record).toMatchObject({
      status: 'succeeded',
      attempts: 1,
      model: 'fake-model',
      caption: 'A cat looks into the camera.',
      usage: { totalTokens: 15, costUsd: 0.001 },
      source: { mediaType: 'image/jpeg', bytes: photo.length, width: 640, height: 427 },
      result: { objects: [{ label: 'cat', box: { x: 0.2, y: 0.1, width: 0.6, height: 0.8 } }] },
    });
    for (const gone of ['stage', 'leaseToken', 'leaseUntil', 'error', 'expiresAt'])
      expect(record).not.toHaveProperty(gone);
  });

  test('the client asked to keep what EXIF tells of time and orientation: only then source tells it', async () => {
    const taken = { IFD2: { DateTimeOriginal: '2026:05:04 03:02:01' } };
    const dated = await drawMarker(6).withExifMerge(taken).jpeg().toBuffer();
    const kept = await recordWith({ keep: ['capturedAt', 'orientation'] }, dated);
    expect(await deliver(kept)).toMatchObject(succeeded);
    const told = { capturedAt: '2026-05-04T03:02:01', orientation: 6, ...MARKER };
    expect((await stored(kept)).source).toMatchObject(told);
    const plain = await recordWith({}, dated);
    expect(await deliver(plain)).toMatchObject(succeeded);
    const { source } = await stored(plain);
    for (const name of ['capturedAt', 'orientation', 'page'])
      expect(source).not.toHaveProperty(name);
  });

  test('the file has several pages: their number is told, and which was looked at', async () => {
    const id = await recordWith({}, createGif(20, 20, 3));
    expect(await deliver(id)).toMatchObject(succeeded);
    expect((await stored(id)).source).toMatchObject({ pages: 3, page: 1 });
  });

  test('the signed upload had run out: the late one counts', async () => {
    const id = await recordWith({ uploadExpiresAt: new Date(0).toISOString() });
    expect(await deliver(id)).toMatchObject(succeeded);
  });

  test('the object was dropped: a record is made for the client of the drop folder', async () => {
    const object = droppedObject();
    await service.uploads.put(object.key, markJpeg(rocket), 'image/jpeg');
    expect(await deliverObject(object)).toMatchObject(succeeded);
    expect(await stored(dropAnalysisId(object))).toMatchObject({
      clientId: 'dropper',
      source: { key: 'drop/a photo.jpg', filename: 'a photo.jpg' },
    });
  });

  test('there is no record of the upload: it is ignored', async () => {
    const outcome = await deliver(createAnalysisId(Date.now()));
    expect(outcome).toEqual({ kind: 'ignored', reason: 'unknown_upload' });
  });

  test('the analysis waits for another try: it is claimed, and the noted error goes', async () => {
    const error = { code: 'model_unavailable', message: 'Down.', retryable: true } as const;
    const id = await recordWith({ status: 'queued', attempts: 2, error });
    expect(await deliver(id)).toMatchObject(succeeded);
    const record = await stored(id);
    expect(record.attempts).toBe(3);
    expect(record.error).toBeUndefined();
  });

  test('another worker holds the lease: nothing is touched, and the message waits', async () => {
    const leaseUntil = Date.now() + 30_000;
    const id = await recordWith({ ...dead, leaseUntil });
    const before = await stored(id);
    const outcome = await deliver(id);
    expect(outcome).toMatchObject({ kind: 'later', reason: 'lease_alive' });
    expect(outcome.kind === 'later' && outcome.seconds).toBeGreaterThan(20);
    expect(await stored(id)).toEqual(before);
    expect(calls).toBe(0);
  });

  test('its worker died while converting: it is taken over, and the death is counted', async () => {
    const id = await recordWith({ ...dead, stage: 'converting', attempts: 1 });
    expect(await deliver(id)).toMatchObject(succeeded);
    expect(await stored(id)).toMatchObject({ attempts: 2, deaths: 1 });
  });

  test('it took its third worker with it: it is rejected, and not read again', async () => {
    const id = await recordWith({ ...dead, stage: 'validating', attempts: 3, deaths: 2 });
    expect(await deliver(id)).toMatchObject({ kind: 'ended', code: 'file_too_complex' });
    expect(await stored(id)).toMatchObject({ status: 'rejected' });
    expect(calls).toBe(0);
  });

  test('its decoder came to no end: the worker ends, the next counts a death, and the third is the end', async () => {
    const hides: number[] = [];
    const ends: number[] = [];
    const decodeCpuSeconds = 0;
    const stuck = { ...deps, decodeCpuSeconds, endWorker: () => void ends.push(hides.length) };
    const id = await recordWith({}, createBlackPng(7_000, 7_000));
    const delivery = {
      ...deliveryOf(20),
      changeVisibility: async (seconds: number) => void hides.push(seconds),
    };
    for (const deaths of [0, 1, 2]) {
      const outcome = await analyzeObject(stuck, uploadedObject(id), delivery);
      expect(outcome).toMatchObject({ kind: 'later', reason: 'decoder_stuck' });
      expect(await stored(id)).toMatchObject({ status: 'processing', deaths });
    }
    expect(await analyzeObject(stuck, uploadedObject(id), delivery)).toMatchObject({
      kind: 'ended',
      code: 'file_too_complex',
    });
    expect(await stored(id)).toMatchObject({ status: 'rejected' });
    expect(ends).toEqual([2, 4, 6]); // each time after the message was hidden: for long, then shortly
    expect(hides.at(-1)).toBeLessThan(10);
    expect(calls).toBe(0);
  });

  test('its worker died while converting, on the last try: it fails', async () => {
    const id = await recordWith({ ...dead, stage: 'converting', attempts: MAX_ATTEMPTS });
    expect(await deliver(id)).toMatchObject({ kind: 'ended', status: 'failed', code: 'internal' });
  });

  test('its worker died on the last try at a later stage: it fails', async () => {
    const id = await recordWith({ ...dead, stage: 'analyzing', attempts: MAX_ATTEMPTS });
    expect(await deliver(id)).toMatchObject({ kind: 'ended', status: 'failed', code: 'internal' });
    expect(await stored(id)).toMatchObject({ status: 'failed', error: { code: 'internal' } });
  });

  test.each(ENDED)('it has %s: nothing is touched', async (status) => {
    const id = await recordWith({ status });
    const before = await stored(id);
    expect(await deliver(id)).toEqual({ kind: 'ignored', reason: 'already_ended' });
    expect(await stored(id)).toEqual(before);
  });

  test('it was deleted: a late object is removed', async () => {
    const id = await recordWith();
    await deleteAnalysis(deps, 'client', id);
    await service.uploads.put(uploadKey(id), photo, 'image/jpeg');
    expect(await deliver(id)).toEqual({ kind: 'ignored', reason: 'deleted' });
    expect(await service.uploads.remove(uploadKey(id))).toBe(false);
  });

  test('the object is gone: an awaited upload is awaited again', async () => {
    const id = await recordWith({}, new Uint8Array());
    const before = await stored(id);
    expect(await deliver(id)).toEqual({ kind: 'ignored', reason: 'object_gone' });
    const { version: _, updatedAt: __, ...after } = await stored(id);
    expect(before).toMatchObject(after);
    expect(after).not.toHaveProperty('leaseToken');
  });

  test('the dropped object is gone: no record is left', async () => {
    const object = droppedObject('drop/gone.jpg');
    expect(await deliverObject(object)).toEqual({ kind: 'ignored', reason: 'object_gone' });
    expect(await service.analyses.read(dropAnalysisId(object))).toBeUndefined();
  });

  test('the object went between two tries: it fails and says so', async () => {
    const id = await recordWith({ status: 'queued', attempts: 1 }, new Uint8Array());
    expect(await deliver(id)).toMatchObject({ kind: 'ended', code: 'file_missing' });
    expect(await stored(id)).toMatchObject({ status: 'failed' });
  });

  test('it comes five times, at once and later: one record, one call', async () => {
    const object = droppedObject('drop/five times.jpg');
    await service.uploads.put(object.key, markJpeg(rocket), 'image/jpeg');
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => deliverObject(object)));
    outcomes.push(await deliverObject(object));
    expect(outcomes.filter(({ kind }) => kind === 'ended')).toHaveLength(1);
    expect(calls).toBe(1);
    const { items } = await service.lists.list({
      clientId: 'dropper',
      key: object.key,
      limit: 10,
      now: Date.now(),
    });
    expect(items).toHaveLength(1);
  });
});

describe('at work,', () => {
  test.each([
    ['a text', Buffer.from('This is no picture, whatever its name says.'), 'type_unsupported'],
    ['half a JPEG', photo.subarray(0, photo.length / 2), 'file_malformed'],
  ])('%s is rejected, and the model is not asked', async (_, bytes, code) => {
    const id = await recordWith({}, bytes);
    expect(await deliver(id)).toEqual({ kind: 'ended', status: 'rejected', code });
    expect(await stored(id)).toMatchObject({
      status: 'rejected',
      error: { code, retryable: false },
      source: { bytes: bytes.length },
    });
    expect(calls).toBe(0);
  });

  test('other bytes than were announced are rejected', async () => {
    const id = await recordWith({ expectedSha256: '0'.repeat(64) });
    expect(await deliver(id)).toMatchObject({ status: 'rejected', code: 'checksum_mismatch' });
  });

  test('a permanent error of the model ends it as failed', async () => {
    onAsk = () => Promise.reject(new ServiceError('model_auth_failed', 'The key was refused.'));
    const id = await recordWith();
    expect(await deliver(id)).toMatchObject({ status: 'failed', code: 'model_auth_failed' });
    expect(await stored(id)).toMatchObject({ completedAt: expect.any(String) });
  });

  test('a transient error queues it, for as long as the model asks for', async () => {
    onAsk = () => {
      throw new ServiceError('model_rate_limited', undefined, { retryAfterSeconds: 53 });
    };
    const id = await recordWith();
    expect(await deliver(id)).toEqual({ kind: 'later', seconds: 53, reason: 'model_rate_limited' });
    const record = await stored(id);
    expect(record).toMatchObject({ status: 'queued', error: { code: 'model_rate_limited' } });
    expect(record).not.toHaveProperty('leaseToken');
    expect(record).not.toHaveProperty('stage');
  });

  test('a transient error on the last try ends it', async () => {
    onAsk = () => {
      throw new ServiceError('model_unavailable');
    };
    const id = await recordWith({ status: 'queued', attempts: MAX_ATTEMPTS - 1 });
    expect(await deliver(id)).toMatchObject({ status: 'failed', code: 'model_unavailable' });
  });

  test('an error nobody foresaw is tried again as internal, and its text stays inside', async () => {
    onAsk = () => {
      throw new Error('secret detail');
    };
    const id = await recordWith();
    expect(await deliver(id)).toMatchObject({ kind: 'later', reason: 'internal' });
    expect(JSON.stringify(await stored(id))).not.toContain('secret detail');
  });

  test('a worker that was overtaken writes nothing, and removes what it stored apart', async () => {
    const text = 'x'.repeat(20_000);
    const id = await recordWith();
    const newer = { leaseToken: 'newer', leaseUntil: Date.now() + 60_000 };
    onAsk = async () => {
      const { version } = await stored(id);
      await service.analyses.change(id, newer, { version });
      return { ...DESCRIBE_ANSWER, text };
    };
    expect(await deliver(id)).toEqual({ kind: 'ignored', reason: 'lease_lost' });
    expect(await stored(id)).toMatchObject({ status: 'processing', ...newer });
  });

  test('an analysis deleted meanwhile does not come back', async () => {
    const id = await recordWith();
    onAsk = async () => {
      await deleteAnalysis(deps, 'client', id);
      return DESCRIBE_ANSWER;
    };
    expect(await deliver(id)).toEqual({ kind: 'ignored', reason: 'lease_lost' });
    expect(await service.analyses.read(id)).toMatchObject({ status: 'deleted', purged: true });
  });
});

describe('a message is found in the dead-letter queue, and', () => {
  test('nobody is at work: it fails, with the error that was noted', async () => {
    const error = { code: 'model_unavailable', message: 'Down.', retryable: true } as const;
    const id = await recordWith({ status: 'queued', error });
    expect(await failObject(deps, uploadedObject(id))).toMatchObject({ code: 'model_unavailable' });
    expect(await stored(id)).toMatchObject({ status: 'failed', error });
  });

  test('the dropped object was never claimed: a failed record is made', async () => {
    const object = droppedObject('drop/never seen.jpg');
    expect(await failObject(deps, object)).toMatchObject({ kind: 'ended', code: 'internal' });
    expect(await stored(dropAnalysisId(object))).toMatchObject({ status: 'failed' });
  });

  test('a worker is still at it: it is left alone', async () => {
    const id = await recordWith({ ...dead, leaseUntil: Date.now() + 30_000 });
    expect(await failObject(deps, uploadedObject(id))).toMatchObject({ kind: 'later' });
    expect(await stored(id)).toMatchObject({ status: 'processing' });
  });

  test('it has ended, or is unknown: nothing is done', async () => {
    const id = await recordWith({ status: 'succeeded' });
    const ignored = { kind: 'ignored', reason: 'already_ended' };
    expect(await failObject(deps, uploadedObject(id))).toEqual(ignored);
    const unknown = uploadedObject(createAnalysisId(Date.now()));
    expect(await failObject(deps, unknown)).toMatchObject({ reason: 'unknown_upload' });
  });
});

describe('a client deletes', () => {
  test('an analysis: record and object go, and it is not found again', async () => {
    const id = await recordWith();
    await deliver(id);
    const deleted = { record: 1, content: 1, object: 1, result: 0, picture: 1 };
    expect(await deleteAnalysis(deps, 'client', id)).toEqual({ id, deleted });
    await expect(deleteAnalysis(deps, 'client', id)).rejects.toThrow('No such analysis');
    const page = await service.lists.list({ clientId: 'client', limit: 100, now: Date.now() });
    expect(page.items.map((item) => item.id)).not.toContain(id);
  });

  test('an upload that was sent twice: whatever lies there goes', async () => {
    const id = await recordWith();
    await deliver(id);
    await service.uploads.put(uploadKey(id), Buffer.from('sent again'), 'image/jpeg');
    const deleted = { record: 1, content: 1, object: 1, result: 0, picture: 1 };
    expect(await deleteAnalysis(deps, 'client', id)).toEqual({ id, deleted });
  });

  test("another client's analysis: it is not found, and nothing happens", async () => {
    const id = await recordWith();
    await expect(deleteAnalysis(deps, 'other', id)).rejects.toThrow('No such analysis');
    expect(await stored(id)).toMatchObject({ status: 'awaiting_upload' });
  });

  test('and S3 fails in the middle: the same call finishes it', async () => {
    const id = await recordWith();
    const remove = () => Promise.reject(new Error('S3 is down'));
    const failing = { ...deps, uploads: { ...service.uploads, remove } };
    await expect(deleteAnalysis(failing, 'client', id)).rejects.toThrow('S3 is down');
    expect(await service.analyses.read(id)).toMatchObject({ status: 'deleted', purged: false });
    const deleted = { record: 0, content: 0, object: 1, result: 0, picture: 0 };
    expect(await deleteAnalysis(deps, 'client', id)).toEqual({ id, deleted });
  });

  test('a dropped file that was written again: the newer object stays', async () => {
    const object = droppedObject('drop/twice.jpg');
    await service.uploads.put(object.key, markJpeg(rocket), 'image/jpeg');
    await deliverObject(object);
    await service.uploads.put(object.key, Buffer.from('newer'), 'image/jpeg');
    const { deleted } = await deleteAnalysis(deps, 'dropper', dropAnalysisId(object));
    expect(deleted).toEqual({ record: 1, content: 1, object: 0, result: 0, picture: 1 });
    expect(await service.uploads.remove(object.key)).toBe(true);
  });
});

test('an event of another bucket is ignored, even where its key is one of ours', async () => {
  const id = await recordWith();
  const object = { ...uploadedObject(id), bucket: 'of-somebody-else' };
  const ignored = { kind: 'ignored', reason: 'other_bucket' };
  expect(await failObject(deps, object)).toEqual(ignored);
  expect(await deliverObject(object)).toEqual(ignored);
  expect(await stored(id)).toMatchObject({ status: 'awaiting_upload' });
});

test('a result too large for the table goes to its bucket, and goes with the analysis', async () => {
  const id = await recordWith();
  const huge = { text: 'ä'.repeat(200_000) };
  const plain = findBuiltIn('describe');
  if (!plain) throw new Error('no analyzer');
  const parse = () => ({ result: huge, caption: 'Long.' });
  const createQuestion = () => ({ ...plain.createQuestion({}), parse });
  const lengthy = { ...deps, findAnalyzer: async () => ({ ...plain, createQuestion }) };
  const signal = AbortSignal.timeout(20_000);
  const delivery = {
    signal,
    deadline: Date.now() + 20_000,
    changeVisibility: async () => undefined,
  };
  expect(await analyzeObject(lengthy, uploadedObject(id), delivery)).toMatchObject(succeeded);
  const { resultKey = '', result } = await stored(id);
  expect(result).toBeUndefined();
  expect(await service.results.read(resultKey)).toEqual(huge);
  const { deleted } = await deleteAnalysis(deps, 'client', id);
  expect(deleted).toEqual({ record: 1, content: 1, object: 1, result: 1, picture: 1 });
  await expect(service.results.read(resultKey)).rejects.toThrow();
});
