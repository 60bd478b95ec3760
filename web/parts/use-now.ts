import { useEffect, useState } from 'preact/hooks';

/** How often a time that runs is shown anew, in milliseconds. */
const TICK_MS = 200;

/** The time, again and again while it runs; in milliseconds since 1970. */
export function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
