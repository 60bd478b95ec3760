const UNITS = ['bytes', 'KB', 'MB', 'GB'];

/** 1_234_567 → "1.2 MB", as the limits count: 1 MB is 1,048,576 bytes. */
export function formatBytes(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** step;
  return `${amount.toFixed(step > 0 && amount < 10 ? 1 : 0)} ${UNITS[step]}`;
}

/** Analyses cost fractions of a cent: two digits that count. */
export function formatCost(usd: number): string {
  if (usd === 0) return 'free';
  const digits = usd >= 0.1 ? 2 : Math.min(8, 1 - Math.floor(Math.log10(usd)));
  return `$${usd.toFixed(digits)}`;
}

const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function formatTime(iso: string): string {
  return timeFormat.format(new Date(iso));
}

const dateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const ofThisYear = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: 'numeric',
  minute: '2-digit',
});

/** Where there is little room: of this year with the hour and without the year, else the date. */
export function formatShortTime(iso: string): string {
  const time = new Date(iso);
  const isOfThisYear = time.getFullYear() === new Date().getFullYear();
  return (isOfThisYear ? ofThisYear : dateFormat).format(time);
}

/** 83 → "83 ms", 1234 → "1.2 s". */
export function formatDuration(milliseconds: number): string {
  return milliseconds < 1000
    ? `${Math.round(milliseconds)} ms`
    : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** A place in a recording: 83 seconds → "1:23", an hour → "1:00:00". */
export function formatMoment(seconds: number): string {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const pad = (part: number) => String(part).padStart(2, '0');
  const tail = pad(whole % 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${tail}` : `${minutes}:${tail}`;
}

/** "awaiting_upload" → "awaiting upload", "isPaid" → "is paid", "totalEUR" → "total EUR". */
export function formatName(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .replace(/\b[A-Z][a-z]+/g, (word) => word.toLowerCase());
}

const languageNames = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });

/** "pt-BR" → "Brazilian Portuguese"; whatever is no code stays as it is. */
export function formatLanguage(code: string): string {
  if (code === 'und') return 'not determined';
  try {
    return languageNames.of(code) ?? code;
  } catch {
    return code;
  }
}

const dayFormat = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});

/** `2026-11-22` → "22 Nov": the service's days are UTC's. */
export function formatDay(date: string): string {
  const time = Date.parse(date);
  return Number.isNaN(time) ? '' : dayFormat.format(time);
}

/** A sum: nothing spent is no gift. */
export function formatUsd(usd: number): string {
  return usd === 0 ? '$0' : formatCost(usd);
}

export function formatCount(count: number): string {
  return count.toLocaleString();
}
