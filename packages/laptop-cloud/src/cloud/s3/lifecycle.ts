import type { Storage } from './commit.ts';
import { removeUpload } from './multipart.ts';

const SWEEP_INTERVAL_MS = 60_000;
const DAY_MS = 86_400_000;

/** Plays the one lifecycle rule that a laptop needs: files stay, but what never becomes one goes. */
export interface Lifecycle {
  /** How many days an upload in parts may take in this bucket; undefined: for ever. */
  declare(bucket: string, days: number | undefined): void;
  /** Ends the uploads that are due; done by itself every minute and when a bucket is declared. */
  sweep(): void;
  close(): void;
}

export function createLifecycle(storage: Storage): Lifecycle {
  const daysOf = new Map<string, number>();
  const sweep = (): void => {
    for (const [bucket, days] of daysOf)
      for (const { id, started } of storage.uploads.list(bucket))
        if (dueAt(started, days) <= storage.now()) removeUpload(storage, id);
  };
  const timer = setInterval(sweep, SWEEP_INTERVAL_MS).unref();
  return {
    declare: (bucket, days) => {
      if (days === undefined) daysOf.delete(bucket);
      else daysOf.set(bucket, days);
      sweep();
    },
    sweep,
    close: () => clearInterval(timer),
  };
}

/**
 * S3 rounds up to the next midnight of UTC.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
function dueAt(started: number, days: number): number {
  return Math.ceil((started + days * DAY_MS) / DAY_MS) * DAY_MS;
}
