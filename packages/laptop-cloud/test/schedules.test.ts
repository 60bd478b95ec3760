import type { ScheduledEvent } from 'aws-lambda';
import { afterEach, describe, expect, test } from 'vitest';
import { type Schedules, startSchedules } from '../src/lambda/schedules.ts';
import { parseSchedule } from '../src/template/schedule-expression.ts';

// 2026-11-20 is a Friday.
const AFTER = Date.parse('2026-11-20T10:07:30Z');
const listDue = (expression: string, count: number) => {
  const nextDue = parseSchedule(expression);
  const found: string[] = [];
  for (let due = nextDue(AFTER); due !== undefined && found.length < count; due = nextDue(due)) {
    found.push(new Date(due).toISOString().replace(':00.000Z', ''));
  }
  return found;
};

describe('a schedule expression', () => {
  test.each([
    ['rate(1 minute)', ['2026-11-20T10:08', '2026-11-20T10:09']],
    ['rate(5 minutes)', ['2026-11-20T10:10', '2026-11-20T10:15']],
    ['rate(1 hour)', ['2026-11-20T11:00', '2026-11-20T12:00']],
    ['rate(1 day)', ['2026-11-21T00:00', '2026-11-22T00:00']],
    // Those of EventBridge's own documentation.
    ['cron(0 10 * * ? *)', ['2026-11-21T10:00', '2026-11-22T10:00']],
    ['cron(15 12 * * ? *)', ['2026-11-20T12:15', '2026-11-21T12:15']],
    ['cron(0 18 ? * MON-FRI *)', ['2026-11-20T18:00', '2026-11-23T18:00']],
    ['cron(0 8 1 * ? *)', ['2026-12-01T08:00', '2027-01-01T08:00']],
    ['cron(0/15 * * * ? *)', ['2026-11-20T10:15', '2026-11-20T10:30']],
    ['cron(0/10 * ? * MON-FRI *)', ['2026-11-20T10:10', '2026-11-20T10:20']],
    ['cron(0/5 8-17 ? * MON-FRI *)', ['2026-11-20T10:10', '2026-11-20T10:15']],
    ['cron(0/30 20-2 ? * MON-FRI *)', ['2026-11-20T20:00', '2026-11-20T20:30']],
    ['cron(0 9 ? * 2#1 *)', ['2026-12-07T09:00', '2027-01-04T09:00']],
    // Each wildcard at its edge.
    ['cron(0 0 L * ? *)', ['2026-11-30T00:00', '2026-12-31T00:00']],
    ['cron(0 0 29 2 ? *)', ['2028-02-29T00:00', '2032-02-29T00:00']],
    ['cron(0 0 1W * ? *)', ['2026-12-01T00:00', '2027-01-01T00:00', '2027-02-01T00:00']],
    ['cron(0 0 31W JAN,MAY ? *)', ['2027-01-29T00:00', '2027-05-31T00:00']],
    ['cron(0 0 ? * L *)', ['2026-11-21T00:00', '2026-11-28T00:00']],
    ['cron(0 0 ? * 6L *)', ['2026-11-27T00:00', '2026-12-25T00:00']],
    ['cron(0 0 ? * FRI-SUN *)', ['2026-11-21T00:00', '2026-11-22T00:00', '2026-11-27T00:00']],
    ['cron(59 23 31 12 ? 2026-2027)', ['2026-12-31T23:59', '2027-12-31T23:59']],
    ['cron(0 0 30 2 ? *)', []],
    ['cron(0 0 1 1 ? 2020)', []],
  ])('%s is due at %j', (expression, expected) => {
    expect(listDue(expression, expected.length || 1)).toEqual(expected);
  });

  test.each([
    ['5 minutes', 'must be rate(…) or cron(…)'],
    ['rate(0 minutes)', 'must be like rate(1 hour)'],
    ['rate(1 minutes)', 'must be like rate(1 hour)'],
    ['rate(5 minute)', 'must be like rate(1 hour)'],
    ['rate(30 seconds)', 'must be like rate(1 hour)'],
    ['cron(0 10 * * *)', 'six fields'],
    ['cron(0 10 * * * *)', '? for exactly one'],
    ['cron(0 10 ? * ? *)', '? for exactly one'],
    ['cron(60 10 * * ? *)', '"60" is no value of minutes'],
    ['cron(0 10 * 13 ? *)', '"13" is no value of month'],
    ['cron(0 10 ? * 0 *)', '"0" is no value of day-of-week'],
    ['cron(0/0 10 * * ? *)', '"0/0" is no value of minutes'],
    ['cron(a 10 * * ? *)', '"a" is no value of minutes'],
  ])('%s is refused', (expression, message) => {
    expect(() => parseSchedule(expression)).toThrow(message);
  });
});

describe('a scheduled function', () => {
  let schedules: Schedules | undefined;
  afterEach(() => schedules?.close());

  /** By a clock that stands still shortly before a full minute until it is let go. */
  function start(input?: string) {
    const invoked: { name: string; event: string }[] = [];
    const stopped = Date.parse('2026-11-20T10:07:59.900Z');
    let goneOn: number | undefined;
    schedules = startSchedules({
      region: 'eu-central-1',
      accountId: '111122223333',
      now: () => stopped + (goneOn === undefined ? 0 : Date.now() - goneOn),
      host: {
        async invoke(name, event) {
          invoked.push({ name, event });
          return { ok: true, payload: 'null' };
        },
      },
      sources: [
        {
          functionName: 'sweep',
          ruleName: 'sweep-1',
          expression: 'rate(1 minute)',
          ...(input !== undefined && { input }),
        },
        { functionName: 'never', ruleName: 'never-1', expression: 'cron(0 0 1 1 ? 2020)' },
      ],
    });
    const goOn = () => {
      goneOn = Date.now();
    };
    return { invoked, goOn };
  }

  test('gets EventBridge’s event once it is due', async () => {
    const { invoked, goOn } = start();
    goOn();
    await expect.poll(() => invoked.length, { interval: 20 }).toBe(1);
    const { name, event } = invoked[0] ?? { name: '', event: '' };
    const { id, ...scheduled }: ScheduledEvent = JSON.parse(event);
    expect(name).toBe('sweep');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(scheduled).toEqual({
      version: '0',
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '111122223333',
      time: '2026-11-20T10:08:00Z',
      region: 'eu-central-1',
      resources: ['arn:aws:events:eu-central-1:111122223333:rule/sweep-1'],
      detail: {},
    } satisfies Omit<ScheduledEvent, 'id'>);
  });

  test('gets the input that the template declares in its place', async () => {
    const { invoked, goOn } = start('{"dry":true}');
    goOn();
    await expect.poll(() => invoked, { interval: 20 }).toHaveLength(1);
    expect(invoked[0]?.event).toBe('{"dry":true}');
  });

  test('is left alone once the stack closes', async () => {
    const { invoked, goOn } = start();
    await schedules?.close();
    goOn();
    expect(invoked).toEqual([]);
  });
});
