import type { UsageReport } from '@sightline/client';
import { formatCount, formatTime, formatUsd } from '../format.ts';
import { TEXTS } from '../texts.ts';
import { Meter } from './meter.tsx';

/** What may be spent today and this month, and what was. */
export function Budget({ report: { budget } }: { report: UsageReport }) {
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
            <Spent label={usage.asked} amount={analyses} format={formatCount} />
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
