import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { parseSchedule } from './schedule-expression.ts';
import { readTemplateFile, resolveVariables } from './variables.ts';

/** A function as declared: `environment` and the queues' ARNs may still hold references to resources. */
export interface FunctionDeclaration {
  name: string;
  /** `functions/create-note.handler`. */
  handler: string;
  memoryMb: number;
  timeoutSeconds: number;
  reservedConcurrency?: number | undefined;
  environment: Record<string, unknown>;
  /** Route keys: `GET /notes/{id}`, `$default`. */
  routes: string[];
  queues: DeclaredQueue[];
  schedules: DeclaredSchedule[];
}

export interface ResourceDeclaration {
  logicalId: string;
  type: string;
  properties: Record<string, unknown>;
}

export interface Template {
  service: string;
  /** The folder that handler paths start from. */
  folder: string;
  cors?: DeclaredCors | undefined;
  functions: FunctionDeclaration[];
  resources: ResourceDeclaration[];
  /** Declared events that are never sent here. */
  unsupported: string[];
}

export interface TemplateOptions {
  stage: string;
  region: string;
  /** Above the file's own `params`. */
  params?: Record<string, string>;
}

/** Reads serverless.yml and the files it names. Throws an error that names the place of what is wrong. */
export function readTemplate(file: string, options: TemplateOptions): Template {
  const folder = dirname(resolve(file));
  const document = resolveVariables(z.looseObject({}).parse(readTemplateFile(file)), {
    folder,
    options: { stage: options.stage, region: options.region },
    params: options.params ?? {},
  });
  const parsed = templateSchema.safeParse(document);
  if (!parsed.success) throw new Error(`${file} is not valid:\n${z.prettifyError(parsed.error)}`);
  const { provider, service, functions, resources } = parsed.data;
  const declared = functions.flatMap((part) => Object.entries(part));
  const conditions = Object.assign({}, ...resources.map(({ Conditions }) => Conditions));
  return {
    service,
    folder,
    cors: provider.httpApi.cors,
    functions: declared.map(([name, each]) => declareFunction(name, each, provider)),
    resources: resources.flatMap((part) =>
      Object.entries(part.Resources)
        .filter(([, { Condition }]) => !Condition || holds(conditions, Condition))
        .map(([logicalId, { Type, Properties }]) => {
          return { logicalId, type: Type, properties: Properties };
        }),
    ),
    unsupported: declared.flatMap(([name, each]) => listUnsupported(name, each)),
  };
}

function declareFunction(
  name: string,
  declared: DeclaredFunction,
  provider: DeclaredProvider,
): FunctionDeclaration {
  return {
    name,
    handler: declared.handler,
    memoryMb: declared.memorySize ?? provider.memorySize,
    timeoutSeconds: declared.timeout ?? provider.timeout,
    reservedConcurrency: declared.reservedConcurrency,
    environment: { ...provider.environment, ...declared.environment },
    routes: declared.events.flatMap((event) => event.httpApi ?? []),
    queues: declared.events.flatMap((event) => (event.sqs?.enabled ? event.sqs : [])),
    schedules: declared.events.flatMap(({ schedule }) => (schedule?.enabled ? schedule : [])),
  };
}

function listUnsupported(name: string, declared: DeclaredFunction): string[] {
  const kinds = declared.events
    .filter((event) => !event.httpApi && !event.sqs && !event.schedule)
    .flatMap(Object.keys);
  return kinds.map((kind) => `${name}: ${kind}`);
}

/** Evaluates a condition of `!Equals` and `!Not` over plain values; throws for others. */
function holds(conditions: Record<string, unknown>, name: string): boolean {
  return judge(conditions[name], name);
}

function judge(condition: unknown, name: string): boolean {
  const [[kind, values] = ['', undefined]] = Object.entries(condition ?? {});
  if (!Array.isArray(values) || !['Fn::Equals', 'Fn::Not'].includes(kind)) {
    throw new Error(`Conditions.${name}: only !Equals and !Not are supported`);
  }
  if (kind === 'Fn::Not') return !judge(values[0], name);
  const [left, right] = values.map((value) => JSON.stringify(value));
  return left === right;
}

/** The supported parts of serverless.yml, with the bounds of Lambda and API Gateway. */

const route = z
  .union([
    z.string(),
    z
      .object({ method: z.string().default('*'), path: z.string() })
      .transform(({ method, path }) => (path === '*' ? '*' : `${method} ${path}`)),
  ])
  .transform((text) => (text === '*' ? '$default' : text.trim().replace(/^\* /, 'ANY ')))
  .transform((text) => text.replace(/^\w+/, (method) => method.toUpperCase()))
  .refine((text) => /^(\$default|[A-Z]+ \/\S*)$/.test(text), 'must be "METHOD /path" or "*"');

const queue = z.object({
  arn: z.unknown(),
  enabled: z.boolean().default(true),
  batchSize: z.number().int().min(1).max(10, 'more than 10 are not supported here').default(10),
  maximumBatchingWindow: z.number().int().min(0).max(300).default(0), // seconds
  maximumConcurrency: z.coerce.number().int().min(2).max(1000).optional(),
  functionResponseType: z.literal('ReportBatchItemFailures').optional(),
});

const expression = z.string().superRefine((text, context) => {
  try {
    parseSchedule(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : '' });
  }
});

// Strict: without its time zone or transformed input, a schedule would call the function wrongly.
const schedule = z.preprocess(
  (value) => (typeof value === 'string' ? { rate: value } : value),
  z.strictObject({
    rate: z.preprocess((value) => [value].flat(), z.array(expression).min(1)),
    enabled: z.boolean().default(true),
    name: z.string().optional(),
    description: z.unknown().optional(),
    input: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
    method: z.literal('eventBus', 'only eventBus is supported here').optional(),
  }),
);

const event = z.looseObject({
  httpApi: route.optional(),
  sqs: queue.optional(),
  schedule: schedule.optional(),
});

const lambda = z.object({
  handler: z.string().regex(/^[\w./-]+\.\w+$/, 'must be FILE.EXPORT'),
  memorySize: z.number().int().min(128).max(10_240).optional(), // MB
  timeout: z.number().int().min(1).max(900).optional(), // seconds
  // A stage leaves it out by null.
  reservedConcurrency: z.preprocess(
    (value) => value ?? undefined,
    z.coerce.number().int().min(1).optional(),
  ),
  environment: z.record(z.string(), z.unknown()).default({}),
  events: z.array(event).default([]),
});

const cors = z.object({
  allowedOrigins: z.array(z.string()).default([]),
  allowedHeaders: z.array(z.string()).default([]),
  allowedMethods: z.array(z.string()).default([]),
  exposedResponseHeaders: z.array(z.string()).default([]),
  allowCredentials: z.boolean().default(false),
  maxAge: z.number().int().optional(), // seconds
});

const provider = z.object({
  memorySize: z.number().int().default(1024), // the framework's own defaults
  timeout: z.number().int().default(6), // seconds
  environment: z.record(z.string(), z.unknown()).default({}),
  httpApi: z.looseObject({ cors: cors.optional() }).default({}),
});

const declaredResource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
});

const declaredResources = z.object({
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), declaredResource).default({}),
});

/** A long map may be split into a list of maps. */
const parts = <T extends z.ZodType>(part: T) =>
  z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(part));

const templateSchema = z.object({
  service: z.string(),
  provider,
  functions: parts(z.record(z.string(), lambda)),
  resources: parts(declaredResources).default([]),
});

export type DeclaredCors = z.infer<typeof cors>;
type DeclaredFunction = z.infer<typeof lambda>;
export type DeclaredQueue = z.infer<typeof queue>;
export type DeclaredSchedule = z.infer<typeof schedule>;
type DeclaredProvider = z.infer<typeof provider>;
