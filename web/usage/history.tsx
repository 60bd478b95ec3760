import type { UsageReport } from '@sightline/client';
import { formatCount, formatDay, formatUsd } from '../format.ts';
import { TEXTS } from '../texts.ts';
import { DaysChart } from './days-chart.tsx';

/** That are shown, today included. */
export const DAYS = 30;
export const DAY_MS = 86_400_000;

type Day = UsageReport['days'][number];

/** What was analysed on each day, and what it cost. */
export function History({ report }: { report: UsageReport }) {
  const { usage } = TEXTS;
  const days = fillDays(report);
  const { unpriced = 0 } = report.total.analyses;
  const today = days.at(-1);
  const costs = days.map(({ date, day }) => toValue(date, day?.costUsd ?? 0, formatUsd));
  const counts = days.map(({ date, day }) => toValue(date, countAll(day), formatCount));
  return (
    <section class="panel" aria-labelledby="history-title">
      <h2 id="history-title">{usage.history}</h2>
      <p class="today">
        {usage.today(formatUsd(today?.day?.costUsd ?? 0), formatCount(countAll(today?.day)))}
      </p>
      {unpriced > 0 && <p class="quiet">{usage.unpriced(unpriced)}</p>}
      <div class="columns">
        <DaysChart title={usage.cost} days={costs} />
        <DaysChart title={usage.analyses} days={counts} />
      </div>
      <details>
        <summary>{usage.table}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: by keys it scrolls only where it can be reached */}
        <section class="scrolling" tabIndex={0} aria-label={usage.table}>
          <table>
            <thead>
              <tr>
                {usage.columns.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {report.days.toReversed().map((day) => (
                <tr key={day.date}>
                  <th scope="row">{formatDay(day.date)}</th>
                  <td>{formatCount(countAll(day))}</td>
                  <td>{formatCount(day.inputTokens)}</td>
                  <td>{formatCount(day.outputTokens)}</td>
                  <td>{formatUsd(day.costUsd)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </section>
  );
}

/** Every day of the time, those that nothing came on, too. */
function fillDays({ to, days }: UsageReport): { date: string; day: Day | undefined }[] {
  const known = new Map(days.map((day) => [day.date, day]));
  const last = Date.parse(to.slice(0, 10));
  return Array.from({ length: DAYS }, (_, index) => {
    const date = new Date(last - (DAYS - 1 - index) * DAY_MS).toISOString().slice(0, 10);
    return { date, day: known.get(date) };
  });
}

function toValue(date: string, value: number, format: (value: number) => string) {
  return { date, value, words: format(value) };
}

/** Those that ended: `cached` is counted among the succeeded. */
function countAll(day: Day | undefined): number {
  const { succeeded = 0, failed = 0, rejected = 0 } = day?.analyses ?? {};
  return succeeded + failed + rejected;
}
