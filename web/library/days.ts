/** In the reader's place, as the times on the tiles are; the service's own days are those of UTC. */
function startOf(day: string, later = 0): Date {
  const time = new Date(`${day}T00:00:00`);
  time.setDate(time.getDate() + later); // a day may have 23 hours
  return time;
}

/** `2026-11-23`, and such a day there is. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(startOf(text).getTime());
}

/** The reader's days as the moments between which they lie, the last millisecond too. */
export function toMoments({ from, to }: { from?: string | undefined; to?: string | undefined }) {
  return {
    ...(from && { from: startOf(from).toISOString() }),
    ...(to && { to: new Date(startOf(to, 1).getTime() - 1).toISOString() }),
  };
}
