import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { holds } from './conditions.ts';
import { readTemplateFile } from './template-file.ts';
import {
  type DeclaredCors,
  type DeclaredFunction,
  type DeclaredProvider,
  type DeclaredQueue,
  type DeclaredSchedule,
  templateSchema,
} from './template-schema.ts';
import { resolveVariables } from './variables.ts';

/** A function as declared: `environment` and the queues' ARNs may still hold references to resources. */
export interface FunctionDeclaration {
  name: string;
  /** `functions/create-upload.handler`. */
  handler: string;
  memoryMb: number;
  timeoutSeconds: number;
  reservedConcurrency?: number | undefined;
  environment: Record<string, unknown>;
  /** Route keys: `GET /v1/analyses/{id}`, `$default`. */
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
  /** Handlers are found from here. */
  folder: string;
  cors?: DeclaredCors | undefined;
  functions: FunctionDeclaration[];
  resources: ResourceDeclaration[];
  /** Events that are declared and never come on a laptop. */
  notPlayed: string[];
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
    notPlayed: declared.flatMap(([name, each]) => listUnplayed(name, each)),
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

function listUnplayed(name: string, declared: DeclaredFunction): string[] {
  const kinds = declared.events
    .filter((event) => !event.httpApi && !event.sqs && !event.schedule)
    .flatMap(Object.keys);
  return kinds.map((kind) => `${name}: ${kind}`);
}
