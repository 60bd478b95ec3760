import { z } from 'zod';
import { parseSchedule } from './schedule-expression.ts';

/** The parts of serverless.yml that the laptop plays; bounds are Lambda's and API Gateway's. */

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
  batchSize: z.number().int().min(1).max(10, 'more than 10 are not played here').default(10),
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

// Strict: a transformed input or a time zone that is left out would call the function with something else.
const schedule = z.preprocess(
  (value) => (typeof value === 'string' ? { rate: value } : value),
  z.strictObject({
    rate: z.preprocess((value) => [value].flat(), z.array(expression).min(1)),
    enabled: z.boolean().default(true),
    name: z.string().optional(),
    description: z.unknown().optional(),
    input: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
    method: z.literal('eventBus', 'only rules of EventBridge (eventBus) are played').optional(),
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
  // Null is how a stage leaves it out.
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

const resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
});

const resources = z.object({
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), resource).default({}),
});

/** Long maps may be cut into a list of files. */
const parts = <T extends z.ZodType>(part: T) =>
  z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(part));

export const templateSchema = z.object({
  service: z.string(),
  provider,
  functions: parts(z.record(z.string(), lambda)),
  resources: parts(resources).default([]),
});

export type DeclaredCors = z.infer<typeof cors>;
export type DeclaredFunction = z.infer<typeof lambda>;
export type DeclaredQueue = z.infer<typeof queue>;
export type DeclaredSchedule = z.infer<typeof schedule>;
export type DeclaredProvider = z.infer<typeof provider>;
