import type { UsageReport } from '@sightline/client';
import { useEffect, useState } from 'preact/hooks';
import { ProblemNote } from '../parts/problem.tsx';
import { type PageProblem, problemOf } from '../problems.ts';
import type { ViewProps } from '../router.ts';
import { client } from '../session.ts';
import { TEXTS } from '../texts.ts';
import { Budget } from '../usage/budget.tsx';
import { DAY_MS, DAYS, History } from '../usage/history.tsx';
import { RateLimits } from '../usage/rate-limits.tsx';
import '../styles/usage.css';

/** The numbers of today move while files are analysed: asked for again after so many milliseconds. */
const REFRESH_MS = 15_000;

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
            <RateLimits />
          </div>
          <History report={report} />
        </>
      )}
    </>
  );
}
