import { expect, test } from 'vitest';
import { type FileVerdict, type JudgedFile, judgeFile } from '../../../lib/work/model-file.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const HOUR_MS = 3_600_000;
const sent = { bytes: 7, sha256: 'ab'.repeat(32) };
const whole = {
  ...sent,
  uri: 'https://files.example/1',
  state: 'ACTIVE',
  expiresAt: now + HOUR_MS,
};

const judge = (changes: object | undefined, uploads = 1) => {
  const stored = changes && ({ ...whole, ...changes } as JudgedFile['stored']);
  return judgeFile({ stored, sent, uploads, now });
};

test.each<[string, object | undefined, FileVerdict]>([
  ['active', {}, 'ready'],
  ['active, and of no known life', { expiresAt: undefined }, 'ready'],
  ['active, and tells neither size nor digest', { bytes: undefined, sha256: undefined }, 'ready'],
  ['being looked through', { state: 'PROCESSING' }, 'in_process'],
  ['not there', undefined, 'again'],
  ['about to expire', { expiresAt: now + 60_000 }, 'again'],
  ['of another size', { bytes: 6 }, 'again'],
  ['of other bytes', { sha256: 'cd'.repeat(32) }, 'again'],
  ['of other bytes and being looked through', { bytes: 6, state: 'PROCESSING' }, 'again'],
  ['failed for the first time', { state: 'FAILED' }, 'again'],
])('a file at the model that is %s', (_, changes, verdict) => {
  expect(judge(changes)).toBe(verdict);
});

test('a file that has failed twice is one that the model cannot read', () => {
  expect(judge({ state: 'FAILED' }, 2)).toBe('unreadable');
});
