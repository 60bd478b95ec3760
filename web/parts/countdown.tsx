import { useNow } from './use-now.ts';

/** Whole seconds until a moment. */
export function Countdown({ until }: { until: number }) {
  const seconds = Math.max(0, Math.ceil((until - useNow(true)) / 1000));
  return <span class="amount">{seconds} s</span>;
}
