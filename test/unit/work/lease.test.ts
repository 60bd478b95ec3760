import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LEASE_RENEW_SECONDS, LEASE_SECONDS, newAnalysis } from '../../../lib/analysis/record.ts';
import type { Analyses, Change } from '../../../lib/analysis/record-store.ts';
import { holdLease } from '../../../lib/work/lease.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const source = { key: 'uploads/x', filename: 'x' };
const analyzer = { name: 'describe', version: 1 };
const record = {
  ...newAnalysis({ id: 'x', clientId: 'c', source, analyzer, now: 0 }),
  leaseToken: 'mine',
};

/** A table that holds one lease, or has given it to another; or that is down. */
function fakeTable() {
  const state = { held: true, down: false, until: 0, hidden: 0, written: [] as Change[] };
  const write = async (_: string, changes: Change) => {
    if (state.down) throw new Error('The table is down');
    if (state.held) state.written.push(changes);
    return state.held;
  };
  const analyses = {
    advance: write,
    settle: write,
    renew: async (_id: string, _token: string, until: number) => {
      if (state.held) state.until = until;
      return state.held;
    },
  } as unknown as Analyses; // the three that a lease uses
  const changeVisibility = async (seconds: number) => {
    state.hidden = seconds;
  };
  const signal = new AbortController().signal;
  const lease = holdLease({ analyses, record, signal, changeVisibility, now: Date.now });
  return { state, lease };
}

test('while at work, lease and message are renewed together; after the end no more', async () => {
  const { state, lease } = fakeTable();
  await vi.advanceTimersByTimeAsync(LEASE_RENEW_SECONDS * 1000);
  expect(state.until).toBe(Date.now() + LEASE_SECONDS * 1000);
  expect(state.hidden).toBe(LEASE_SECONDS);
  lease.stop();
  const { until } = state;
  await vi.advanceTimersByTimeAsync(LEASE_SECONDS * 1000);
  expect(state.until).toBe(until);
});

test('a lease that another has taken stops the work at the next renewal', async () => {
  const { state, lease } = fakeTable();
  state.held = false;
  expect(lease.signal.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(LEASE_RENEW_SECONDS * 1000);
  expect(lease.signal.aborted).toBe(true);
  expect(lease.isLost()).toBe(true);
  lease.stop();
});

test('progress on a lost lease throws, and its end is not written', async () => {
  const { state, lease } = fakeTable();
  state.held = false;
  await expect(lease.advance({ stage: 'converting' })).rejects.toThrow('The lease was lost');
  expect(await lease.settle({ status: 'succeeded' })).toBe(false);
  expect(state.written).toEqual([]);
  lease.stop();
});

test('what was noted goes with the next write, once', async () => {
  const { state, lease } = fakeTable();
  lease.note({ eTag: 'e' });
  await lease.advance({ stage: 'converting' });
  await lease.settle({ status: 'succeeded' });
  expect(state.written[1]).not.toHaveProperty('eTag');
  expect(state.written).toMatchObject([
    { eTag: 'e', stage: 'converting' },
    { status: 'succeeded' },
  ]);
  lease.stop();
});

test('what was noted is not lost with a write that failed: what was paid, for one', async () => {
  const { state, lease } = fakeTable();
  const usage = { inputTokens: 9, outputTokens: 1, totalTokens: 10 };
  lease.note({ usage });
  state.down = true;
  await expect(lease.settle({ status: 'succeeded' })).rejects.toThrow('down');
  state.down = false;
  expect(await lease.settle({ status: 'queued' })).toBe(true);
  expect(state.written).toMatchObject([{ usage, status: 'queued' }]);
  lease.stop();
});

test('each stage is timed, one that is not written too, and the times go with the writes that there are', async () => {
  const { state, lease } = fakeTable();
  await vi.advanceTimersByTimeAsync(30);
  lease.pass('converting');
  await vi.advanceTimersByTimeAsync(50);
  await lease.advance({ stage: 'analyzing' });
  await vi.advanceTimersByTimeAsync(800);
  await lease.settle({ status: 'succeeded' });
  const begun = { validating: 30, converting: 50 };
  expect(state.written).toEqual([
    { stage: 'analyzing', stageMs: begun },
    { status: 'succeeded', stageMs: { ...begun, analyzing: 800 } },
  ]);
  lease.stop();
});
