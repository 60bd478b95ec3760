import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createAnalysisId,
  dropAnalysisId,
  isAnalysisId,
  uploadIdOf,
  uploadKey,
} from '../../../lib/analysis/ids.ts';

const times = fc.integer({ min: 0, max: 2 ** 47 });

test('ids sort by their time, and carry nothing that can be guessed', () => {
  fc.assert(
    fc.property(times, times, (one, other) => {
      const [first, second] = [createAnalysisId(one), createAnalysisId(other)];
      expect(isAnalysisId(first)).toBe(true);
      if (one !== other) expect(first < second).toBe(one < other);
      else expect(first).not.toBe(second);
    }),
  );
});

test('the same event of the drop folder is the same id, another write of the same key is not', () => {
  const object = {
    bucket: 'b',
    key: 'drop/ä b.jpg',
    size: 1,
    sequencer: '0A',
    eventTime: '2026-11-22T12:00:00.000Z',
  };
  const id = dropAnalysisId(object);
  expect(isAnalysisId(id)).toBe(true);
  expect(dropAnalysisId({ ...object })).toBe(id);
  expect(dropAnalysisId({ ...object, sequencer: '0B' })).not.toBe(id);
  expect(dropAnalysisId({ ...object, key: 'drop/c.jpg' })).not.toBe(id);
});

test("an upload's key gives its id back, and no other key gives one", () => {
  const id = createAnalysisId(Date.now());
  expect(uploadIdOf(uploadKey(id))).toBe(id);
  fc.assert(
    fc.property(fc.string(), (key) => {
      expect(uploadIdOf(key)).toBeUndefined();
    }),
  );
  expect(uploadIdOf(`${uploadKey(id)}/x`)).toBeUndefined();
  expect(uploadIdOf(`drop/${id}`)).toBeUndefined();
});
