import { logger } from '../log.ts';
import type { Outcome } from '../outcome.ts';
import type { Lease } from './lease.ts';
import { type Held, idsOf } from './settle.ts';

/** How long the message of a file that cost its worker stays hidden, in seconds. */
const NEXT_TRY_SECONDS = 2;

export interface StuckDeps {
  now(): number;
  /** Ends the process, whatever its threads do. */
  endWorker(): void;
}

/**
 * A decoder that does not come to its end takes the worker with it, so that it costs no more than one.
 * The lease ends now, with the stage as it is: by docs/states.md the next worker counts a death, and
 * the third ends the analysis.
 */
export async function endStuckWorker(
  deps: StuckDeps,
  { record, lease }: Held,
  hide: (seconds: number) => Promise<void>,
): Promise<Outcome> {
  lease.stop();
  await endLease(lease, deps.now());
  await hide(NEXT_TRY_SECONDS);
  logger.error('decoder stuck, worker ends', { ...idsOf(record), deaths: record.deaths + 1 });
  deps.endWorker();
  return { kind: 'later', seconds: NEXT_TRY_SECONDS, reason: 'decoder_stuck' };
}

/** Where even this cannot be written, the lease runs out by itself. */
async function endLease(lease: Lease, now: number): Promise<void> {
  await lease.advance({ leaseUntil: now }).catch(() => undefined);
}
