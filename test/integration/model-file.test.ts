import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAnalysisId, uploadKey } from '../../lib/analysis/ids.ts';
import {
  type AnalysisRecord,
  MAX_FILE_RETURNS,
  MAX_FILE_UPLOADS,
  newAnalysis,
} from '../../lib/analysis/record.ts';
import { ServiceError } from '../../lib/errors.ts';
import { createModelFiles } from '../../lib/gemini/files.ts';
import { deleteAnalysis } from '../../lib/requests/delete.ts';
import { type AnalyzeDeps, analyzeObject } from '../../lib/work/analyze.ts';
import { askModel } from '../../lib/work/ask-model.ts';
import { claimAnalysis } from '../../lib/work/claim.ts';
import { holdLease } from '../../lib/work/lease.ts';
import { releaseFile, releaseLeftFile, storeModelFile } from '../../lib/work/model-file.ts';
import type { HeldAnalysis } from '../../lib/work/settle.ts';
import { type Gemini, startGemini } from '../../local/gemini/server.ts';
import { writeLargeVideo } from '../support/large-video.ts';
import { MEDIA_LIMITS } from '../support/limits.ts';
import { type Service, startService } from '../support/service.ts';

// The cells of docs/states.md that are about files at the model: one worker after the other, each with
// the record as the one before has left it.

const KEY = 'the-only-key';
/** Of 8 MiB in service. */
const PIECE_BYTES = 65_536;
const FILE = randomBytes(3 * PIECE_BYTES + 321);

let service: Service;
let gemini: Gemini;
let processingMs = 0;
beforeAll(async () => {
  service = await startService();
  const pieces = { granularityBytes: PIECE_BYTES, processingMs: () => processingMs };
  gemini = await startGemini({ apiKey: KEY, ...pieces });
});
afterAll(async () => {
  await service.stop();
  await gemini.close();
});
beforeEach(() => {
  processingMs = 0;
  gemini.scriptFiles([]);
  gemini.requests.length = 0;
});

async function announce(changes: Partial<AnalysisRecord> = {}, bytes: Uint8Array = FILE) {
  const now = Date.now();
  const id = createAnalysisId(now);
  const source = { key: uploadKey(id), filename: 'a.mp4' };
  const analyzer = { name: 'describe', version: 1 };
  const record = newAnalysis({ id, clientId: 'client', source, analyzer, now });
  await service.analyses.create({ ...record, ...changes });
  await service.uploads.put(source.key, bytes, 'video/mp4');
  return id;
}

function describeDeps() {
  const own = { baseUrl: gemini.url, readKey: async () => KEY, pieceBytes: PIECE_BYTES };
  const modelFiles = createModelFiles({ ...own, sleep: async () => undefined });
  return { ...service, dropClientId: 'dropper', now: Date.now, modelFiles };
}

function objectOf(id: string) {
  const key = uploadKey(id);
  const [size, sequencer, eventTime] = [FILE.length, '01', new Date().toISOString()];
  return { bucket: service.uploadBucket, key, size, sequencer, eventTime };
}

async function claim(id: string): Promise<HeldAnalysis> {
  const deps = describeDeps();
  const claimed = await claimAnalysis(deps, objectOf(id));
  if ('outcome' in claimed) throw new Error(JSON.stringify(claimed));
  const [signal, changeVisibility] = [new AbortController().signal, async () => undefined];
  const lease = holdLease({ ...deps, record: claimed.record, signal, changeVisibility });
  const meter = { admit: async () => undefined, close: () => undefined };
  return { ...claimed, lease, reservation: { meter, settle: async () => undefined } };
}

/** A message comes, and a worker has so many seconds for its file. */
async function work(id: string, { seconds = 115, bytes = FILE, deps = describeDeps() } = {}) {
  const held = await claim(id);
  const file = await service.uploads.open(uploadKey(id), held.lease.signal);
  if (!file) throw new Error('no file');
  try {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const original = { mediaType: 'video/mp4', file, sha256 };
    return await storeModelFile(deps, held, original, Date.now() + seconds * 1_000);
  } finally {
    held.lease.stop();
    file.close();
  }
}

async function stored(id: string): Promise<AnalysisRecord> {
  const record = await service.analyses.read(id);
  if (!record || record.status === 'deleted') throw new Error(`no record of ${id}`);
  return record;
}

/** Its worker died: the lease is not renewed any more. */
async function bury(id: string) {
  const { version } = await stored(id);
  await service.analyses.change(
    id,
    { leaseUntil: Date.now() - 1, stage: 'analyzing' },
    { version },
  );
}

/** What lies at the model under the address that was given back. */
function readReceived(given: { uri: string } | object) {
  const uri = 'uri' in given ? String(given.uri) : '';
  const row = gemini.files.find(uri.slice(uri.indexOf('files/', uri.indexOf('v1beta'))));
  return row && readFileSync(gemini.files.pathOf(row));
}

const countSteps = (command: string) =>
  gemini.requests.filter((request) => request.headers['x-goog-upload-command'] === command).length;
const listOffsets = () =>
  gemini.requests.flatMap(({ headers }) => headers['x-goog-upload-offset'] ?? []).map(Number);

const onItsWay = { outcome: { kind: 'later', seconds: 0, reason: 'file_on_its_way' } };

describe('a file for the model', () => {
  test('is sent whole; the record keeps its name and no address to write to', async () => {
    const id = await announce();
    expect(readReceived(await work(id))?.equals(FILE)).toBe(true);
    const { modelFile } = await stored(id);
    const counts = { uploads: 1, returns: 0, eTag: expect.any(String) };
    expect(modelFile).toEqual({ name: expect.stringMatching(/^files\//), ...counts });
  });

  test('is handed over when time is short, and gone on with where it was; no try is used up', async () => {
    const id = await announce();
    expect(await work(id, { seconds: 9 })).toEqual(onItsWay);
    expect(await stored(id)).toMatchObject({
      status: 'queued',
      attempts: 0,
      modelFile: { uploads: 1, returns: 1, uploadUrl: expect.stringContaining('upload_id') },
    });
    expect(await work(id, { seconds: 9 })).toEqual(onItsWay);
    expect(readReceived(await work(id))?.equals(FILE)).toBe(true);
    expect(listOffsets()).toEqual([0, 1, 2, 3].map((piece) => piece * PIECE_BYTES));
    expect(await stored(id)).toMatchObject({ attempts: 1, modelFile: { returns: 2 } });
  });

  test('whose sending took the time for the question is asked about by the next worker', async () => {
    const id = await announce();
    expect(await work(id, { seconds: 40 })).toEqual(onItsWay);
    expect(countSteps('upload, finalize')).toBe(1);
    expect(readReceived(await work(id, { seconds: 40 }))?.equals(FILE)).toBe(true);
    expect(countSteps('start')).toBe(1);
  });

  test('whose worker died is gone on with by the next one', async () => {
    const id = await announce();
    const deps = describeDeps();
    const { send } = deps.modelFiles;
    let sent = 0;
    deps.modelFiles.send = async (...given) => {
      sent += 1;
      if (sent === 3) throw new Error('killed');
      return send(...given);
    };
    await expect(work(id, { deps })).rejects.toThrow('killed');
    await bury(id);
    gemini.requests.length = 0;
    expect(readReceived(await work(id))?.equals(FILE)).toBe(true);
    expect(listOffsets()).toEqual([2, 3].map((piece) => piece * PIECE_BYTES));
    expect(countSteps('start')).toBe(0);
  });

  test('that is looked through is waited for in the queue, longer each time, and is not sent again', async () => {
    processingMs = 60_000;
    const id = await announce();
    for (const seconds of [1, 2, 4]) {
      const later = { kind: 'later', seconds, reason: 'file_in_process' };
      expect(await work(id)).toEqual({ outcome: later });
      expect(await stored(id)).toMatchObject({ status: 'queued', attempts: 0 });
    }
    finishAll();
    expect(readReceived(await work(id))?.equals(FILE)).toBe(true);
    expect(countSteps('start')).toBe(1);
  });

  test('that is looked through without end is an error of the model, and then a try', async () => {
    processingMs = 60_000;
    const id = await announce();
    await work(id);
    const { version, modelFile = { uploads: 1, returns: 0 } } = await stored(id);
    const most = { ...modelFile, returns: MAX_FILE_RETURNS };
    await service.analyses.change(id, { modelFile: most }, { version });
    await expect(work(id)).rejects.toMatchObject({ code: 'model_unavailable' });
    expect(await stored(id)).toMatchObject({ attempts: 1 });
  });

  test.each(['start', 'query', 'upload', 'finalize', 'get'] as const)(
    'that the model loses at %s is sent again',
    async (step) => {
      const id = await announce();
      gemini.scriptFiles([{ kind: 'lose', step }]);
      expect(readReceived(await work(id))?.equals(FILE)).toBe(true);
      expect(countSteps('start')).toBe(step === 'start' ? 1 : 2);
    },
  );

  test('that the model loses every time is given up', async () => {
    const id = await announce();
    gemini.scriptFiles((step) => (step === 'get' ? { kind: 'lose', step } : undefined));
    await expect(work(id)).rejects.toMatchObject({ code: 'model_request_refused' });
    expect(countSteps('start')).toBe(MAX_FILE_UPLOADS);
  });

  test('that fails there once is sent again; twice, and it is the file that is refused', async () => {
    const id = await announce();
    gemini.scriptFiles([{ kind: 'fail', step: 'finalize' }]);
    expect(readReceived(await work(id))?.equals(FILE)).toBe(true);

    const other = await announce();
    gemini.scriptFiles((step) => (step === 'finalize' ? { kind: 'fail', step } : undefined));
    const refused = { code: 'model_request_refused', message: 'The model cannot read the file.' };
    await expect(work(other)).rejects.toMatchObject(refused);
    expect(countSteps('start')).toBe(4);
  });

  test('that came with other bytes is removed and sent again', async () => {
    const id = await announce();
    await work(id);
    const name = (await stored(id)).modelFile?.name ?? '';
    const row = gemini.files.find(name);
    if (row) gemini.files.save({ ...row, sha256: '0'.repeat(64) });
    await bury(id);
    expect(readReceived(await work(id))?.equals(FILE)).toBe(true);
    expect(gemini.files.find(name)).toBeUndefined();
  });

  test('whose object was replaced while it was sent is not gone on with', async () => {
    const id = await announce();
    await work(id, { seconds: 9 });
    const newer = randomBytes(FILE.length);
    await service.uploads.put(uploadKey(id), newer, 'video/mp4');
    expect(readReceived(await work(id, { bytes: newer }))?.equals(newer)).toBe(true);
    expect(listOffsets()).toEqual([0, 0, 1, 2, 3].map((piece) => piece * PIECE_BYTES));
  });

  test('whose object was replaced meanwhile is removed, and the newer one sent', async () => {
    const id = await announce();
    await work(id);
    const name = (await stored(id)).modelFile?.name ?? '';
    await bury(id);
    const newer = randomBytes(PIECE_BYTES + 5);
    await service.uploads.put(uploadKey(id), newer, 'video/mp4');
    expect(readReceived(await work(id, { bytes: newer }))?.equals(newer)).toBe(true);
    expect(gemini.files.find(name)).toBeUndefined();
  });
});

test.each([
  [
    'with a file, waits: the file may be gone',
    { uri: 'https://files.example/1' },
    'model_unavailable',
  ],
  ['with its media in it, does not', { bytes: new Uint8Array(1) }, 'model_auth_failed'],
])('a question that is answered as with a bad key, %s', async (_, media, code) => {
  const held = await claim(await announce());
  held.lease.stop();
  const refused = createModelFiles({ baseUrl: gemini.url, readKey: async () => 'another' });
  const signal = new AbortController().signal;
  const bounds = { signal, deadline: Date.now() + 5_000 };
  const ask = () => refused.start({ mediaType: 'video/mp4', bytes: 1 }, bounds) as Promise<never>;
  const words = { instructions: '', prompt: '', answerSchema: {} };
  const request = { ...words, media: { mediaType: 'video/mp4', ...media } };
  const asked = askModel({ ask }, held, request, (json) => json, bounds.deadline);
  await expect(asked).rejects.toMatchObject({ code });
});

test('a large video goes through: it waits in the queue, is asked about by its address, and nothing stays behind', async () => {
  processingMs = 60_000;
  const clip = readFileSync(new URL('../fixtures/clip.mp4', import.meta.url));
  const path = join(service.dataDir, 'large.mp4');
  await writeLargeVideo(path, clip, 17_000_000);
  const id = await announce({ byMedium: true }, readFileSync(path));
  const asked: object[] = [];
  const ask: AnalyzeDeps['gemini']['ask'] = async ({ media }) => {
    asked.push(media);
    throw new ServiceError('content_blocked');
  };
  const modelFiles = createModelFiles({ baseUrl: gemini.url, readKey: async () => KEY });
  const deps = { ...describeDeps(), modelFiles, limits: MEDIA_LIMITS, gemini: { ask } };
  const signal = new AbortController().signal;
  const delivery = {
    signal,
    deadline: Date.now() + 115_000,
    changeVisibility: async () => undefined,
  };
  const deliver = () => analyzeObject(deps, objectOf(id), delivery);

  expect(await deliver()).toMatchObject({ kind: 'later', reason: 'file_in_process' });
  const { status, attempts, modelFile } = await stored(id);
  expect({ status, attempts }).toEqual({ status: 'queued', attempts: 0 });
  finishAll();
  expect(await deliver()).toMatchObject({ kind: 'ended', code: 'content_blocked' });
  const { uri } = describeFile(gemini, modelFile?.name ?? '');
  expect(asked).toMatchObject([{ mediaType: 'video/mp4', uri, measures: { medium: 'video' } }]);
  expect(asked[0]).not.toHaveProperty('bytes');
  expect(await stored(id)).not.toHaveProperty('modelFile');
  expect(gemini.files.find(modelFile?.name ?? '')).toBeUndefined();
});

const describeFile = ({ url }: Gemini, name: string) => ({ uri: `${url}/v1beta/${name}` });

function finishAll() {
  for (const row of gemini.files.list()) gemini.files.save({ ...row, readyAt: 0 });
}

describe('the file at the model', () => {
  async function sendOne() {
    const id = await announce();
    await work(id);
    const { name = '' } = (await stored(id)).modelFile ?? {};
    return { id, name, isThere: () => gemini.files.find(name) !== undefined };
  }
  const ended = { kind: 'ended', status: 'succeeded' } as const;
  const lost = { kind: 'ignored', reason: 'lease_lost' } as const;
  const later = { kind: 'later', seconds: 1, reason: 'model_unavailable' } as const;

  async function claimAgain(id: string) {
    await bury(id);
    const held = await claim(id);
    held.lease.stop();
    return held;
  }

  test('stays as long as another try may need it, and goes with the end', async () => {
    const { id, isThere } = await sendOne();
    const held = await claimAgain(id);
    await releaseFile(describeDeps(), held, later);
    expect(isThere()).toBe(true);
    await releaseFile(describeDeps(), held, ended);
    expect(isThere()).toBe(false);
  });

  test('stays where another worker has taken over', async () => {
    const { id, isThere } = await sendOne();
    const slow = await claimAgain(id);
    await claimAgain(id);
    await releaseFile(describeDeps(), slow, lost);
    expect(isThere()).toBe(true);
  });

  test('goes where the analysis was deleted under its worker', async () => {
    const { id, isThere } = await sendOne();
    const held = await claimAgain(id);
    await deleteAnalysis(describeDeps(), 'client', id);
    await releaseFile(describeDeps(), held, lost);
    expect(isThere()).toBe(false);
  });

  test('goes with the message that finds the analysis deleted', async () => {
    const { id, isThere } = await sendOne();
    await bury(id);
    await deleteAnalysis(describeDeps(), 'client', id);
    const outcome = { kind: 'ignored', reason: 'deleted' } as const;
    expect(await releaseLeftFile(describeDeps(), objectOf(id), outcome)).toEqual(outcome);
    expect(isThere()).toBe(false);
  });

  test('that cannot be removed changes nothing of what became of the analysis', async () => {
    const { id, isThere } = await sendOne();
    const held = await claimAgain(id);
    gemini.scriptFiles(() => ({ kind: 'status', status: 503 }));
    await releaseFile(describeDeps(), held, ended);
    expect(isThere()).toBe(true);
  });
});
