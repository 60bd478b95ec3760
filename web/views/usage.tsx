import type { UsageReport } from '@sightline/client';
import { useEffect, useState } from 'preact/hooks';
import { formatCost, formatDay, formatTime } from '../format.ts';
import { ProblemNote } from '../parts/problem.tsx';
import { rateLimits } from '../patient-fetch.ts';
import { type PageProblem, problemOf } from '../problems.ts';
import type { ViewProps } from '../router.ts';
import { client } from '../session.ts';
import { TEXTS } from '../texts.ts';
import { DaysChart } from '../usage/days-chart.tsx';
import { readLimit } from '../usage/limits.ts';
import { Meter } from '../usage/meter.tsx';
import '../styles/usage.css';

const DAYS = 30;
const DAY_MS = 86_400_000;
/** The numbers of today move while files are analysed: asked for again after so many milliseconds. */
const REFRESH_MS = 15_000;

type Day = UsageReport['days'][number];

/** What was spent, what may be, and how fast. */
export function View(_: ViewProps) {
  const [report, setReport] = useState<UsageReport>();
  const [problem, setProblem] = useState<PageProblem>();
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const load = () => {
      if (document.hidden) return;
      const from = new Date(Date.now() - (DAYS - 1) * DAY_MS).toISOString().slice(0, 10);
      client.getUsage({ from, signal }).then(setReport, (error: unknown) => {
        if (!signal.aborted) setProblem(problemOf(error));
      });
    };
    load();
    const timer = setInterval(load, REFRESH_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, []);
  return (
    <>
      <h1>{TEXTS.nav.usage}</h1>
      {problem && <ProblemNote problem={problem} />}
      {report && (
        <>
          <div class="columns">
            <Budget report={report} />
            <Limits />
          </div>
          <History report={report} />
        </>
      )}
    </>
  );
}

function Budget({ report: { budget } }: { report: UsageReport }) {
  const { usage } = TEXTS;
  return (
    <section class="panel spending" aria-labelledby="budget-title">
      <h2 id="budget-title">{usage.budget}</h2>
      {(['day', 'month'] as const).map((span) => {
        const { usd, analyses, resetsAt } = budget[span];
        return (
          <div key={span} class="span">
            <h3>{usage.spans[span]}</h3>
            <Spent label={usage.cost} amount={usd} format={formatUsd} />
            <Spent label={usage.analyses} amount={analyses} format={formatCount} />
            <p class="quiet">{usage.resets(formatTime(resetsAt))}</p>
          </div>
        );
      })}
    </section>
  );
}

interface SpentProps {
  label: string;
  amount: UsageReport['budget']['day']['usd'];
  format: (amount: number) => string;
}

function Spent({ label, amount: { limit, used, reserved }, format }: SpentProps) {
  if (limit === null)
    return (
      <p class="meter-row">
        <span>{label}</span>
        <span class="quiet">{TEXTS.usage.unlimited(format(used))}</span>
      </p>
    );
  const words = TEXTS.usage.used(format(used), format(limit));
  return <Meter label={label} words={words} value={used} reserved={reserved} max={limit} />;
}

/** As the last answers told of them. */
function Limits() {
  const limits = Object.entries(rateLimits.value).map(([name, fields]) =>
    readLimit(name, fields, Date.now()),
  );
  const { usage } = TEXTS;
  const names: Record<string, string> = usage.limitNames;
  return (
    <section class="panel spending" aria-labelledby="limits-title">
      <h2 id="limits-title">{usage.limits}</h2>
      {limits.map(
        (limit) =>
          limit && (
            <Meter
              key={limit.name}
              label={names[limit.name] ?? limit.name}
              words={usage.left(limit.left, limit.most, limit.windowSeconds)}
              value={limit.most - limit.left}
              max={limit.most}
            />
          ),
      )}
      {!rateLimits.value.uploads && <p class="quiet">{usage.uploadsUntold}</p>}
    </section>
  );
}

function History({ report }: { report: UsageReport }) {
  const { usage } = TEXTS;
  const days = fillDays(report);
  const today = days.at(-1);
  const costs = days.map(({ date, day }) => toValue(date, day?.costUsd ?? 0, formatUsd));
  const counts = days.map(({ date, day }) => toValue(date, countAll(day), formatCount));
  return (
    <section class="panel" aria-labelledby="history-title">
      <h2 id="history-title">{usage.history}</h2>
      <p class="today">
        {usage.today(formatUsd(today?.day?.costUsd ?? 0), formatCount(countAll(today?.day)))}
      </p>
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

/** A sum: nothing spent is no gift. */
function formatUsd(usd: number): string {
  return usd === 0 ? '$0' : formatCost(usd);
}

function formatCount(count: number): string {
  return count.toLocaleString();
}
