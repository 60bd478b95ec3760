import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { MAX_PER_MINUTE } from '../lib/amounts.ts';
import { clientBudget } from '../lib/config.ts';
import { createRefusal } from './refusal.ts';

const MAX_PORT = 65_535;

const port = (standard: number) =>
  z.coerce
    .number('must be a port number')
    .int('must be a whole number')
    .min(0, `must be between 0 and ${MAX_PORT}`)
    .max(MAX_PORT, `must be between 0 and ${MAX_PORT}`)
    .default(standard);

const schema = z.object({
  PORT: port(3000),
  AWS_PORT: port(4566),
  SIGHTLINE_DATA: z.string().default('.sightline'),
  SIGHTLINE_CODE: z.string().optional(),
  // A key goes into an HTTP header: a line break or a space in it is a slip of the clipboard.
  GEMINI_API_KEY: z
    .string()
    .trim()
    .regex(/^[!-~]+$/, 'must be printable ASCII without spaces')
    .optional(),
  GEMINI_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  GEMINI_MODELS: z
    .string()
    .regex(/^[\w.-]+(\s*,\s*[\w.-]+)*$/, 'must be model names with commas between')
    .transform((names) => names.replaceAll(/\s/g, ''))
    .optional(),
  GEMINI_STORE: z.enum(['true', 'false'], 'must be true or false').default('false'),
  RATE_LIMIT_PER_MINUTE: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(0, 'must be 0 (no limit) or more')
    .max(MAX_PER_MINUTE, `must be ${MAX_PER_MINUTE} or less; 0 = no limit`)
    .default(10),
  CLIENT_BUDGET: z
    .string()
    .refine(
      (text) => clientBudget.safeParse(text).success,
      'must be none, or limits such as dayUsd=5,monthAnalyses=1000',
    )
    .default('none'),
});

/** .env.example has all of them. */
export const SETTING_NAMES = Object.keys(schema.shape);

export interface Settings {
  /** 0 = any free one. */
  port: number;
  awsPort: number;
  /** Absolute. */
  dataDir: string;
  /** Absolute: unpacked zips, a folder for each function, to run in place of the sources. */
  codeDir?: string | undefined;
  geminiApiKey?: string | undefined;
  geminiBaseUrl?: string | undefined;
  /** Ordered, with commas between. */
  geminiModels?: string | undefined;
  /** Whether Google may keep what it is asked and answers. */
  geminiStore: 'true' | 'false';
  rateLimitPerMinute: number;
  /** `none`, or limits with commas between. */
  clientBudget: string;
}

/** The environment over `.env`, as the local stack's settings. Throws one error that names every bad one. */
export function readSettings(
  environment: Record<string, string | undefined>,
  folder = process.cwd(),
): Settings {
  const parsed = schema.safeParse(dropEmpty({ ...readEnvFile(folder), ...environment }));
  if (!parsed.success) throw createRefusal(describeProblems(parsed.error));
  const values = parsed.data;
  return {
    port: values.PORT,
    awsPort: values.AWS_PORT,
    dataDir: resolve(folder, values.SIGHTLINE_DATA),
    codeDir: values.SIGHTLINE_CODE && resolve(folder, values.SIGHTLINE_CODE),
    geminiApiKey: values.GEMINI_API_KEY,
    geminiBaseUrl: values.GEMINI_BASE_URL,
    geminiModels: values.GEMINI_MODELS,
    geminiStore: values.GEMINI_STORE,
    rateLimitPerMinute: values.RATE_LIMIT_PER_MINUTE,
    clientBudget: values.CLIENT_BUDGET,
  };
}

function readEnvFile(folder: string): Record<string, string | undefined> {
  const file = resolve(folder, '.env');
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
}

/** `NAME= npm start` is how a shell says "not that one". */
function dropEmpty(environment: Record<string, string | undefined>) {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
}

/** Names only: a value may be a secret. */
function describeProblems(error: z.ZodError): string {
  const lines = error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`);
  return `These settings are not valid:\n${lines.join('\n')}\nCorrect them in the environment or in .env, or leave them out for the defaults.`;
}
