/**
 * EventBridge's schedule expressions, in UTC.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const UNITS_MS: Record<string, number> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };
const LAST_YEAR = 2199;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const SATURDAY = 7;

/** The first time after `after` at which the schedule is due; undefined: never. Milliseconds since 1970. */
type NextDue = (after: number) => number | undefined;

/** Throws an error that names what is wrong with `rate(…)` or `cron(…)`. */
export function parseSchedule(expression: string): NextDue {
  const [, kind, content = ''] = /^(rate|cron)\((.*)\)$/.exec(expression.trim()) ?? [];
  if (kind === 'rate') return parseRate(content);
  if (kind === 'cron') return parseCron(content);
  throw new Error(`"${expression}" must be rate(…) or cron(…)`);
}

/**
 * Due at the multiples of the rate since 1970, and so at the same times after every restart; AWS counts from
 * the rule's creation.
 */
function parseRate(content: string): NextDue {
  const [, value, unit = '', plural] = /^(\d+) (minute|hour|day)(s?)$/.exec(content) ?? [];
  const count = Number(value);
  const isGrammatical = (count === 1) === (plural === '');
  if (!(count > 0) || !isGrammatical) {
    throw new Error(`rate(${content}) must be like rate(1 hour) or rate(5 minutes)`);
  }
  const period = count * (UNITS_MS[unit] ?? DAY_MS);
  return (after) => (Math.floor(after / period) + 1) * period;
}

interface Field {
  name: string;
  min: number;
  max: number;
  /** Names of the values, beginning with that of `min`. */
  names?: string[];
}

/** Whether a day, at midnight UTC, is one of the schedule's. */
type IsDay = (day: Date) => boolean;

function parseCron(content: string): NextDue {
  const fields = content.trim().split(/\s+/);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields;
  if (fields.length !== 6) {
    throw new Error(
      `cron(${content}) must have six fields: minutes hours day-of-month month day-of-week year`,
    );
  }
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new Error(`cron(${content}) must have ? for exactly one of day-of-month and day-of-week`);
  }
  const minutes = parseValues(minute, { name: 'minutes', min: 0, max: 59 });
  const hours = parseValues(hour, { name: 'hours', min: 0, max: 23 });
  const months = new Set(parseValues(month, { name: 'month', min: 1, max: 12, names: MONTHS }));
  const years = new Set(parseValues(year, { name: 'year', min: 1970, max: LAST_YEAR }));
  const isDay = dayOfWeek === '?' ? parseDayOfMonth(dayOfMonth) : parseDayOfWeek(dayOfWeek);
  const isDue: IsDay = (day) =>
    years.has(day.getUTCFullYear()) && months.has(day.getUTCMonth() + 1) && isDay(day);
  const timesOfDay = hours.flatMap((each) => minutes.map((at) => each * HOUR_MS + at * MINUTE_MS));
  return (after) => findDue(after, isDue, timesOfDay);
}

function findDue(after: number, isDue: IsDay, timesOfDay: number[]): number | undefined {
  const end = Date.UTC(LAST_YEAR + 1, 0, 1);
  for (let day = Math.floor(after / DAY_MS) * DAY_MS; day < end; day += DAY_MS) {
    if (!isDue(new Date(day))) continue;
    const time = timesOfDay.find((each) => day + each > after);
    if (time !== undefined) return day + time;
  }
  return undefined;
}

/** Ascending: `*`, `1,3`, `2-5`, `20-2` (over midnight), `0/15`, `MON-FRI`. */
function parseValues(text: string, field: Field): number[] {
  const values = new Set(text.split(',').flatMap((item) => parseItem(item, field)));
  return [...values].sort((left, right) => left - right);
}

function parseItem(item: string, field: Field): number[] {
  const [, from = '', to, step = '1'] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item) ?? [];
  const first = from === '*' ? field.min : parseValue(from, field);
  const isRange = from === '*' || item.includes('/');
  const last = to === undefined ? (isRange ? field.max : first) : parseValue(to, field);
  if (Number(step) < 1) throw invalid(item, field);
  const count = field.max - field.min + 1;
  const span = (last - first + count) % count;
  return Array.from({ length: Math.floor(span / Number(step)) + 1 }, (_, index) => {
    return field.min + ((first - field.min + index * Number(step)) % count);
  });
}

function parseValue(text: string, field: Field): number {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  const value = named < 0 ? Number(/^\d+$/.test(text) ? text : Number.NaN) : named + field.min;
  if (value >= field.min && value <= field.max) return value;
  throw invalid(text, field);
}

function invalid(text: string, { name, min, max }: Field): Error {
  return new Error(`"${text}" is no value of ${name} in a cron expression: ${min} to ${max}`);
}

function parseDayOfMonth(text: string): IsDay {
  const field = { name: 'day-of-month', min: 1, max: 31 };
  if (text === 'L') return (day) => day.getUTCDate() === lengthOfMonth(day);
  const [, weekday] = /^(\d+)W$/.exec(text) ?? [];
  if (weekday !== undefined) {
    const wanted = parseValue(weekday, field);
    return (day) => day.getUTCDate() === nearestWeekday(day, wanted);
  }
  const days = new Set(parseValues(text, field));
  return (day) => days.has(day.getUTCDate());
}

function parseDayOfWeek(text: string): IsDay {
  const field = { name: 'day-of-week', min: 1, max: 7, names: WEEKDAYS };
  const weekdayOf = (day: Date) => day.getUTCDay() + 1;
  if (text === 'L') return (day) => weekdayOf(day) === SATURDAY;
  const [, last] = /^(\w+)L$/.exec(text) ?? [];
  if (last !== undefined) {
    const wanted = parseValue(last, field);
    return (day) => weekdayOf(day) === wanted && day.getUTCDate() + 7 > lengthOfMonth(day);
  }
  const [, weekday, nth] = /^(\w+)#([1-5])$/.exec(text) ?? [];
  if (weekday !== undefined) {
    const wanted = parseValue(weekday, field);
    return (day) => weekdayOf(day) === wanted && Math.ceil(day.getUTCDate() / 7) === Number(nth);
  }
  const days = new Set(parseValues(text, field));
  return (day) => days.has(weekdayOf(day));
}

function lengthOfMonth(day: Date): number {
  return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
}

/** The weekday nearest to a day of that month, within the month. */
function nearestWeekday(month: Date, wanted: number): number {
  const length = lengthOfMonth(month);
  if (wanted > length) return 0;
  const date = Date.UTC(month.getUTCFullYear(), month.getUTCMonth(), wanted);
  const weekday = new Date(date).getUTCDay();
  if (weekday === 6) return wanted > 1 ? wanted - 1 : wanted + 2;
  if (weekday === 0) return wanted < length ? wanted + 1 : wanted - 2;
  return wanted;
}
