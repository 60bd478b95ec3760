import { describe, expect, test } from 'vitest';
import {
  type AnalysisRecord,
  ENDED,
  MAX_ATTEMPTS,
  MAX_DEATHS,
  newAnalysis,
  type Tombstone,
} from '../../../lib/analysis/record.ts';
import { decideClaim, decideFailure } from '../../../lib/analysis/transitions.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const base = newAnalysis({
  id: 'an_0',
  clientId: 'c',
  source: { key: 'uploads/an_0', filename: 'a.jpg' },
  analyzer: { name: 'describe', version: 1 },
  now: now - 3_600_000, // the signed upload has run out: it is shown as expired
});
const stone: Tombstone = {
  id: 'an_0',
  status: 'deleted',
  version: 2,
  ownerId: 'c',
  key: 'uploads/an_0',
  purged: true,
  expiresAt: 0,
};

function recordOf(changes: Partial<AnalysisRecord>): AnalysisRecord {
  return { ...base, ...changes };
}
function processing(changes: Partial<AnalysisRecord>): AnalysisRecord {
  return recordOf({ status: 'processing', attempts: 1, leaseUntil: now - 1, ...changes });
}
function claim(
  record: AnalysisRecord | Tombstone | undefined,
  origin: 'upload' | 'drop' = 'upload',
) {
  return decideClaim({ record, origin, now });
}
function fail(
  record: AnalysisRecord | Tombstone | undefined,
  origin: 'upload' | 'drop' = 'upload',
) {
  return decideFailure({ record, origin, now });
}

describe('a message comes, and', () => {
  test('there is no record of an object in the drop folder: one is made', () => {
    expect(claim(undefined, 'drop')).toEqual({ kind: 'create' });
  });
  test('there is no record of an upload: it is unknown', () => {
    expect(claim(undefined)).toEqual({ kind: 'ignore', reason: 'unknown_upload' });
  });
  test('the upload is awaited, even after it ran out: it is claimed', () => {
    expect(claim(base)).toEqual({ kind: 'claim', deaths: 0 });
  });
  test('the analysis waits for another try: it is claimed, its deaths kept', () => {
    const queued = recordOf({ status: 'queued', attempts: 3, deaths: 2 });
    expect(claim(queued)).toEqual({ kind: 'claim', deaths: 2 });
  });
  test('a worker holds the lease: the message waits until the lease ends', () => {
    expect(claim(processing({ leaseUntil: now + 41_200 }))).toEqual({ kind: 'wait', seconds: 42 });
  });
  test.each(['validating', 'converting'] as const)(
    'the worker died while %s: taken over and counted, until the file has taken its share',
    (stage) => {
      for (let deaths = 0; deaths < MAX_DEATHS - 1; deaths += 1)
        expect(claim(processing({ stage, deaths }))).toEqual({ kind: 'claim', deaths: deaths + 1 });
      expect(claim(processing({ stage, deaths: MAX_DEATHS - 1 }))).toEqual({
        kind: 'end',
        status: 'rejected',
        code: 'file_too_complex',
      });
    },
  );
  test('the worker died while validating, for the first time but on the last try: it fails', () => {
    const last = processing({ stage: 'validating', attempts: MAX_ATTEMPTS });
    expect(claim(last)).toEqual({ kind: 'end', status: 'failed', code: 'internal' });
  });
  test.each(['analyzing', 'storing'] as const)(
    'the worker died while %s: taken over as long as there are tries left',
    (stage) => {
      expect(claim(processing({ stage, deaths: 1 }))).toEqual({ kind: 'claim', deaths: 1 });
      const last = processing({ stage, attempts: MAX_ATTEMPTS });
      expect(claim(last)).toEqual({ kind: 'end', status: 'failed', code: 'internal' });
    },
  );
  test('the worker died on the last try: it fails with the error that was noted', () => {
    const error = { code: 'model_unavailable', message: 'Down.', retryable: true } as const;
    const last = processing({ stage: 'analyzing', attempts: MAX_ATTEMPTS, error });
    expect(claim(last)).toEqual({ kind: 'end', status: 'failed', code: 'model_unavailable' });
  });
  test.each(ENDED)('the analysis has %s: nothing is done', (status) => {
    expect(claim(recordOf({ status }))).toEqual({ kind: 'ignore', reason: 'already_ended' });
  });
  test('the analysis was deleted: nothing brings it back', () => {
    expect(claim(stone)).toEqual({ kind: 'ignore', reason: 'deleted' });
  });
});

describe('a message is found in the dead-letter queue, and', () => {
  test('there is no record of an object in the drop folder: one is made', () => {
    expect(fail(undefined, 'drop')).toEqual({ kind: 'create' });
  });
  test('there is no record of an upload: it is unknown', () => {
    expect(fail(undefined)).toEqual({ kind: 'ignore', reason: 'unknown_upload' });
  });
  test.each([base, recordOf({ status: 'queued' }), processing({ stage: 'validating' })])(
    'nobody is at work ($status): it fails',
    (record) => {
      expect(fail(record)).toEqual({ kind: 'end', status: 'failed', code: 'internal' });
    },
  );
  test('an error was noted: it fails with that', () => {
    const error = { code: 'model_rate_limited', message: 'Quota.', retryable: true } as const;
    const queued = recordOf({ status: 'queued', error });
    expect(fail(queued)).toEqual({ kind: 'end', status: 'failed', code: 'model_rate_limited' });
  });
  test('a worker holds the lease: it is left alone until the lease ends', () => {
    expect(fail(processing({ leaseUntil: now + 1 }))).toEqual({ kind: 'wait', seconds: 1 });
  });
  test.each(ENDED)('the analysis has %s: nothing is done', (status) => {
    expect(fail(recordOf({ status }))).toEqual({ kind: 'ignore', reason: 'already_ended' });
  });
  test('the analysis was deleted: nothing is done', () => {
    expect(fail(stone)).toEqual({ kind: 'ignore', reason: 'deleted' });
  });
});
