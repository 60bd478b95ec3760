import { z } from 'zod';
import type { Changes } from '../../lib/auth/client-registry.ts';
import { type ClientSettings, clientSettings } from '../../lib/auth/client-settings.ts';
import { parseBlock } from '../../lib/auth/edge.ts';
import { SCOPES, type Scope } from '../../lib/auth/key-store.ts';

/** A value that gives a setting back to the stage. */
const DEFAULT = 'default';

const block = z.string().refine((text) => parseBlock(text) !== undefined, 'is no CIDR block');
const list = <Item extends z.ZodType<string, string>>(item: Item) =>
  z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter(Boolean))
    .pipe(z.array(item).min(1));
const number = z.string().min(1).pipe(z.coerce.number());

/** What `keys set` takes: each option, where it stands in the settings, and how its value is read. */
const OPTIONS = {
  'budget-day-usd': { path: ['budget', 'dayUsd'], read: number },
  'budget-month-usd': { path: ['budget', 'monthUsd'], read: number },
  'budget-day-analyses': { path: ['budget', 'dayAnalyses'], read: number },
  'budget-month-analyses': { path: ['budget', 'monthAnalyses'], read: number },
  'budget-analysis-usd': { path: ['budget', 'analysisUsd'], read: number },
  'uploads-per-minute': { path: ['uploadsPerMinute'], read: number },
  'reads-per-minute': { path: ['readsPerMinute'], read: number },
  'upload-days': { path: ['retention', 'uploadDays'], read: number },
  'record-days': { path: ['retention', 'recordDays'], read: number },
  allow: { path: ['allow'], read: list(block) },
  signing: { path: ['signing'], read: z.enum(['on', 'off']).transform((word) => word === 'on') },
} as const;
type OptionName = keyof typeof OPTIONS;
type Given = { [Name in OptionName]?: string | undefined };

const names = Object.keys(OPTIONS) as OptionName[]; // checked: the very keys

/** For `parseArgs`. */
export const settingOptions = Object.fromEntries(
  names.map((name) => [name, { type: 'string' }]),
) as { [Name in OptionName]: { type: 'string' } };

export function readScopes(text: string): Scope[] {
  return parseOption('--scopes', list(z.enum(SCOPES)), text);
}

/** The changes that the options ask for, over what the client has. Throws an error that names the option. */
export function readChanges(known: ClientSettings, given: Given): Changes {
  const changes: Record<string, unknown> = {};
  for (const name of names) {
    const text = given[name];
    if (text === undefined) continue;
    const { path, read } = OPTIONS[name];
    const value = text === DEFAULT ? undefined : parseOption<unknown>(`--${name}`, read, text);
    const [top, inner] = path;
    changes[top] = inner ? { ...asObject(changes[top] ?? known[top]), [inner]: value } : value;
  }
  const decided = parseOption('the settings', clientSettings, { ...known, ...changes });
  const tops = Object.keys(changes) as (keyof ClientSettings)[]; // checked: of OPTIONS
  return Object.fromEntries(tops.map((top) => [top, decided[top]]));
}

function parseOption<Output>(
  name: string,
  schema: z.core.$ZodType<Output>,
  value: unknown,
): Output {
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return parsed.data;
  const { path = [], message = '' } = parsed.error.issues[0] ?? {};
  throw new Error(`${[name, ...path].join(' ')}: ${message}`);
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
