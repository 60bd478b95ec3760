import {
  type AnalysisRecord,
  LEASE_RENEW_SECONDS,
  LEASE_SECONDS,
  type Stage,
  type StageMs,
} from '../analysis/record.ts';
import type { Analyses, Change } from '../analysis/record-store.ts';
import { persist } from '../aws/wire/client.ts';

/** Measures the stages of one try, which begins now by validating. `now` in epoch milliseconds. */
function timeStages(now: () => number) {
  const passed: StageMs = {};
  let current: Stage = 'validating';
  let begun = now();

  function listAll(): StageMs {
    return { ...passed, [current]: Math.max(0, Math.round(now() - begun)) };
  }

  return {
    begin(stage: Stage): void {
      if (stage === current) return;
      Object.assign(passed, listAll());
      current = stage;
      begun = now();
    },
    listPassed: (): StageMs => ({ ...passed }),
    /** With the one that ends now. */
    listAll,
  };
}

export interface Lease {
  /** Aborts when the time is up or the lease is lost. */
  signal: AbortSignal;
  /** Whether another worker, or a deletion, has taken the record. */
  isLost(): boolean;
  /** Adds changes to the next write. */
  note(changes: Change): void;
  /** A stage begins that is too short to be written by itself: its time goes along with the next write. */
  pass(stage: Stage): void;
  /** All notes, written or not. */
  noted(): Change;
  /** Writes progress; throws where the lease is lost. */
  advance(changes: Change): Promise<void>;
  /** The last write, tried as long as there is time; false where the lease is lost, and then nothing was written. */
  settle(changes: Change): Promise<boolean>;
  stop(): void;
}

interface LeaseOptions {
  analyses: Analyses;
  record: AnalysisRecord & { leaseToken: string };
  /** From the time that the function has left. */
  signal: AbortSignal;
  /** Keeps the message hidden for so many seconds. */
  changeVisibility(seconds: number): Promise<void>;
  now(): number;
}

/** Holds a claimed record: renews the lease, and the message's invisibility with it, until stopped. */
export function holdLease({
  analyses,
  record,
  signal,
  changeVisibility,
  now,
}: LeaseOptions): Lease {
  const { id, leaseToken } = record;
  const lost = new AbortController();
  let noted: Change = {};
  let unwritten: Change = {};
  const stages = timeStages(now);

  async function advance(changes: Change): Promise<void> {
    if (changes.stage) stages.begin(changes.stage);
    const timed = { stageMs: stages.listPassed(), ...changes };
    ensureHeld(await withNoted((all) => analyses.advance(id, all, leaseToken), timed));
  }

  /** After a failed write the notes stay pending: above all the usage, which was paid for. */
  async function withNoted(send: (all: Change) => Promise<boolean>, changes: Change) {
    const taken = unwritten;
    unwritten = {};
    try {
      return await send({ ...taken, ...changes });
    } catch (error) {
      unwritten = { ...taken, ...unwritten };
      throw error;
    }
  }

  function ensureHeld(held: boolean): void {
    if (held) return;
    lost.abort(new Error('The lease was lost'));
    lost.signal.throwIfAborted();
  }

  async function renew(): Promise<void> {
    ensureHeld(await analyses.renew(id, leaseToken, now() + LEASE_SECONDS * 1000));
    await changeVisibility(LEASE_SECONDS);
  }

  // A renewal that fails is tried again by the next one; two more fit into the lease.
  const timer = setInterval(() => void renew().catch(() => undefined), LEASE_RENEW_SECONDS * 1000);
  return {
    signal: AbortSignal.any([signal, lost.signal]),
    isLost: () => lost.signal.aborted,
    note: (changes) => {
      noted = { ...noted, ...changes };
      unwritten = { ...unwritten, ...changes };
    },
    pass: stages.begin,
    noted: () => noted,
    advance,
    settle: (changes) => {
      const timed = { stageMs: stages.listAll(), ...changes };
      const settle = (all: Change) => persist(() => analyses.settle(id, all, { leaseToken }));
      return withNoted(settle, timed);
    },
    stop: () => clearInterval(timer),
  };
}
