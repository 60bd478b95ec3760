import * as z from 'zod/mini';
import { ANALYSES_CHECKS, PER_MINUTE_CHECKS, RETENTION_DAYS, USD_CHECKS } from './amounts.ts';
import './messages.ts';

const text = z.string().check(z.minLength(1));
const list = z.pipe(
  z.string(),
  z.transform((all) => all.split(/[\s,]+/).filter((one) => one !== '')),
);
const positive = z.coerce.number().check(z.int(), z.positive());
const perMinute = z.coerce.number().check(...PER_MINUTE_CHECKS);

/** Authentication settings of the stage: `custom.door` in serverless.yml. Empty ones are left out. */
const door = z.object({
  /** Of Secrets Manager: signing secrets are made of it. */
  secretId: text,
  /** CIDR blocks with commas between; none: any address. */
  allow: list,
  /** Where CloudFront, or another edge in front of the API, says who called it; none: nobody stands there. */
  addressHeader: z.optional(z.string().check(z.toLowerCase())),
  /** Of an OpenID issuer; none: keys and tokens only. */
  jwt: z.optional(
    z.union(
      [
        z.pipe(
          z.object({ issuer: z.literal('') }),
          z.transform(() => undefined),
        ),
        z.object({
          // Loopback, for an issuer on a developer's machine.
          issuer: z.string().check(z.regex(/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)[:/])/)),
          audience: text, // without one, any token of the issuer would do
          clientClaim: text,
          scopeClaim: text,
          scopePrefix: z.string(),
        }),
      ],
      'has to name an https issuer, an audience, and the claims of client and scopes',
    ),
  ),
});

const usd = z.optional(z.coerce.number<string>().check(...USD_CHECKS));
const analyses = z.optional(z.coerce.number<string>().check(...ANALYSES_CHECKS));
const limits = z.strictObject({
  dayUsd: usd,
  monthUsd: usd,
  dayAnalyses: analyses,
  monthAnalyses: analyses,
  analysisUsd: usd,
});
/** `none`, or limits with commas between: `dayUsd=5,monthAnalyses=1000`. */
export const clientBudget = z.pipe(
  z.pipe(
    text,
    z.transform((all): z.input<typeof limits> => (all === 'none' ? {} : readPairs(all))),
  ),
  limits,
);

function readPairs(all: string): Record<string, string> {
  const pairs = all.split(',').map((pair) => pair.split('=').map((part) => part.trim()));
  // What is left empty is a slip, and not the zero that it would be as a number.
  return Object.fromEntries(pairs.map(([name, value]) => [name, value || 'nothing']));
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // an error of the parser's would keep the others from being named
  }
}

/** Every setting a function may ask for, with its shape. */
const SETTINGS = {
  TABLE_NAME: text,
  UPLOAD_BUCKET: text,
  RESULT_BUCKET: text,
  UPLOAD_QUEUE_URL: z.url(),
  WEBHOOK_QUEUE_URL: z.url(),
  /** Allowed webhook targets: the public internet, on a laptop also loopback. */
  WEBHOOK_REACH: z.enum(['public', 'local']),
  DOOR_SECRET_ID: text,
  DOOR: z.pipe(text, z.pipe(z.transform(readJson), door)),
  /** The client that objects in the drop folder belong to. */
  DROP_CLIENT_ID: text,
  GEMINI_SECRET_ID: text,
  GEMINI_BASE_URL: z.url(),
  /** Ordered: the first is tried first. */
  GEMINI_MODELS: z.pipe(
    text,
    z.transform((list) => list.split(',').map((model) => model.trim())),
  ),
  /** Whether Google may keep what is asked and answered. */
  GEMINI_STORE: z.pipe(
    z.enum(['true', 'false']),
    z.transform((word) => word === 'true'),
  ),
  /** Days that analyses are kept after their end; 0 = until they are deleted. */
  RECORD_DAYS: z.pipe(z.coerce.number(), z.literal([0, ...RETENTION_DAYS])),
  MAX_PICTURE_BYTES: positive,
  MAX_PICTURE_PIXELS: positive,
  MAX_VIDEO_BYTES: positive,
  MAX_AUDIO_BYTES: positive,
  MAX_DOCUMENT_BYTES: positive,
  /** Uploads and analyses, and everything else, of one client; 0 = no limit. */
  RATE_LIMIT_PER_MINUTE: perMinute,
  READ_LIMIT_PER_MINUTE: perMinute,
  /** The budget of clients without their own. */
  CLIENT_BUDGET: clientBudget,
} as const;

export type Settings = { [Name in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[Name]> };

/**
 * Reads the named settings from the environment, once, at cold start.
 * @throws Error that names every missing or unusable one, so that a deployment fails at once.
 */
export function readConfig<Name extends keyof Settings>(
  names: readonly Name[],
  environment: Record<string, string | undefined> = process.env,
): Pick<Settings, Name> {
  const shape = Object.fromEntries(names.map((name) => [name, SETTINGS[name]]));
  const parsed = z.object(shape).safeParse(environment);
  if (parsed.success) return parsed.data as Pick<Settings, Name>; // checked: the shape was built from the names
  const problems = parsed.error.issues.map(({ path, message }) => {
    const [name = ''] = path.map(String);
    return `${path.join('.')} (${environment[name] ? message : 'not set'})`;
  });
  throw new Error(`The function cannot start. Settings to mend: ${problems.join(', ')}`);
}
