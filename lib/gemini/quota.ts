const SECONDS_PER_DAY = 86_400;

/**
 * Seconds until a daily quota is new: at midnight, Pacific time (ai.google.dev/gemini-api/docs/rate-limits).
 * RetryInfo is no help there: it names seconds. `now` in epoch milliseconds.
 */
export function secondsToQuotaReset(now: number): number {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'America/Los_Angeles',
    timeStyle: 'medium',
    hourCycle: 'h23',
  });
  const [hours = 0, minutes = 0, seconds = 0] = clock.format(now).split(':').map(Number);
  return SECONDS_PER_DAY - (hours * 3_600 + minutes * 60 + seconds);
}
