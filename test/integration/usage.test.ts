import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Budget } from '../../lib/budget/budget.ts';
import { countOnce } from '../../lib/budget/count-end.ts';
import { reportUsage } from '../../lib/requests/usage.ts';
import { type Service, startService } from '../support/service.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const NO_CEILINGS = { day: {}, month: {} };
let service: Service;
let sequence = 0;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());
beforeEach(() => {
  sequence += 1;
});
const client = () => `client-${sequence}`;

function report(query: { from?: string; to?: string } = {}, budget: Budget = {}) {
  return reportUsage({ ...service, budget, now: () => NOW }, client(), query);
}
const add = (day: string, amounts: object, clientId = client()) =>
  countOnce(service, { id: 'an_counted', clientId }, amounts, day);
const reserve = (day: string, until: number) => {
  const held = { token: 't', day, chargedMicroUsd: 5_000, admitted: 1, until };
  return service.spending.reserve(client(), `an_${day}`, held, NO_CEILINGS);
};

describe('the report of what was used', () => {
  test('given nothing, shows zeros for this month, and no limits', async () => {
    const { from, to, days, total, budget } = await report();
    expect([from, to, days]).toEqual(['2026-11-01', '2026-11-22', []]);
    expect(total).toMatchObject({ calls: 0, costUsd: 0, analyses: { succeeded: 0 } });
    expect(budget.day).toEqual({
      resetsAt: '2026-11-23T00:00:00.000Z',
      usd: { limit: null, used: 0, reserved: 0 },
      analyses: { limit: null, used: 0, reserved: 0 },
    });
    expect(budget.month.resetsAt).toBe('2026-12-01T00:00:00.000Z');
  });

  test('adds up the days that were asked for, over months, and no others', async () => {
    await add('2026-09-30', { calls: 1 });
    await add('2026-10-01', { succeeded: 1, calls: 2, inputTokens: 10, costMicroUsd: 1_500 });
    await add('2026-11-02', { succeeded: 1, cached: 1, outputTokens: 5, costMicroUsd: 250 });
    await add('2026-11-22', { rejected: 1 });
    const { days, total } = await report({ from: '2026-10-01', to: '2026-11-21' });
    expect(days.map(({ date }) => date)).toEqual(['2026-10-01', '2026-11-02']);
    expect(total).toMatchObject({ calls: 2, inputTokens: 10, outputTokens: 5, costUsd: 0.00175 });
    expect(total.analyses).toMatchObject({ succeeded: 2, cached: 1, rejected: 0 });
  });

  test("shows the client's limits, what is used of them, and what is set aside", async () => {
    await add('2026-11-21', { chargedMicroUsd: 1_000, admitted: 1 });
    await add('2026-11-22', { chargedMicroUsd: 2_000, admitted: 2 });
    await reserve('2026-11-22', NOW + 1);
    const { budget } = await report({}, { dayUsd: 0.1, monthAnalyses: 10 });
    expect(budget).toMatchObject({
      day: {
        usd: { limit: 0.1, used: 0.002, reserved: 0.005 },
        analyses: { limit: null, used: 2, reserved: 1 },
      },
      month: {
        usd: { limit: null, used: 0.003, reserved: 0.005 },
        analyses: { limit: 10, used: 3, reserved: 1 },
      },
    });
  });

  test('counts what a dead worker had set aside as used, and as unconfirmed', async () => {
    await reserve('2026-11-22', NOW);
    const { budget, total } = await report();
    expect(total.unconfirmedUsd).toBe(0.005);
    expect(budget.day.usd).toEqual({ limit: null, used: 0.005, reserved: 0 });
  });

  test('given other clients, shows nothing of theirs', async () => {
    await add('2026-11-22', { calls: 1 }, `${client()}-other`);
    expect((await report()).total.calls).toBe(0);
  });
});
