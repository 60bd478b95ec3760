import { randomUUID } from 'node:crypto';
import { pause } from '../pause.ts';
import type { ScheduleSource } from '../template/deploy.ts';
import { parseSchedule } from '../template/schedule-expression.ts';
import type { Host } from './host.ts';

/** Node's timers overflow at 2 ** 31 milliseconds, 24.8 days, and then fire at once. */
const LONGEST_TIMER_MS = 86_400_000;

interface SchedulesOptions {
  sources: ScheduleSource[];
  host: Pick<Host, 'invoke'>;
  region: string;
  accountId: string;
  /** Milliseconds since 1970. */
  now?: () => number;
}

export interface Schedules {
  /** Starts no more runs; the host waits for running ones. */
  close(): Promise<void>;
}

/**
 * EventBridge's rules: each invokes its function when it is due. What came due while the machine slept is
 * made up for by one run, what came due while the stack was down by none.
 */
export function startSchedules(options: SchedulesOptions): Schedules {
  const { sources, host, now = Date.now } = options;
  const stop = new AbortController();
  const running = sources.map(run);

  async function run(source: ScheduleSource): Promise<void> {
    const nextDue = parseSchedule(source.expression);
    for (let due = nextDue(now()); due !== undefined; due = nextDue(now())) {
      await waitUntil(due);
      if (stop.signal.aborted) return;
      const event = source.input ?? JSON.stringify(createScheduledEvent(source, due, options));
      void host.invoke(source.functionName, event); // never rejects; the host logs failures
    }
  }

  async function waitUntil(due: number): Promise<void> {
    while (now() < due && !stop.signal.aborted) {
      await pause(Math.min(due - now(), LONGEST_TIMER_MS), stop.signal);
    }
  }

  return {
    async close() {
      stop.abort();
      await Promise.all(running);
    },
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html */
function createScheduledEvent(
  { ruleName }: ScheduleSource,
  due: number,
  { region, accountId }: Pick<SchedulesOptions, 'region' | 'accountId'>,
) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: accountId,
    time: new Date(due).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    region,
    resources: [`arn:aws:events:${region}:${accountId}:rule/${ruleName}`],
    detail: {},
  };
}
