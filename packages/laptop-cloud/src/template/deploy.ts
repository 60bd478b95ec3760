import type { Resolve } from './intrinsics.ts';
import { type CloudServices, createResources } from './resources.ts';
import {
  type DeclaredCors,
  type DeclaredQueue,
  type DeclaredSchedule,
  type FunctionDeclaration,
  readTemplate,
  type Template,
  type TemplateOptions,
} from './template.ts';

export interface Deployment {
  /** The folder that handler paths start from. */
  taskRoot: string;
  functions: FunctionSpec[];
  queues: QueueSource[];
  schedules: ScheduleSource[];
  cors: DeclaredCors | undefined;
  /** The value of `!Ref` for a resource. Throws if there is none. */
  refOf(logicalId: string): string;
  /** An environment variable, of the first function that has it. */
  readVariable(name: string): string | undefined;
  /** Declared resources and events that do not exist here. */
  unsupported: string[];
}

/** Creates the template's resources in the cloud, and resolves all references of its functions. */
export async function deployTemplate(
  cloud: CloudServices,
  file: string,
  options: Omit<TemplateOptions, 'region'>,
): Promise<Deployment> {
  const { region, accountId } = cloud;
  const template = readTemplate(file, { ...options, region });
  const resources = await createResources(cloud, template.resources, {
    'AWS::AccountId': accountId,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': `${template.service}-${options.stage}`,
  });
  const { functions, queues, schedules } = await resolveFunctions(template, resources.resolve);
  return {
    taskRoot: template.folder,
    functions,
    queues,
    schedules,
    cors: template.cors,
    refOf(logicalId) {
      const ref = resources.attributes.get(logicalId)?.Ref;
      if (!ref) throw new Error(`${file} declares no ${logicalId} that is played here`);
      return ref;
    },
    readVariable: (name) => functions.find((each) => each.environment[name])?.environment[name],
    unsupported: [...template.unsupported, ...resources.unsupported],
  };
}

export interface FunctionSpec
  extends Omit<FunctionDeclaration, 'environment' | 'queues' | 'schedules'> {
  environment: Record<string, string>;
}

export interface QueueSource extends Omit<DeclaredQueue, 'arn'> {
  functionName: string;
  queueArn: string;
}

export interface ScheduleSource {
  functionName: string;
  ruleName: string;
  /** `rate(…)` or `cron(…)`. */
  expression: string;
  /** JSON that the function gets in place of the scheduled event. */
  input?: string;
}

/** The template's functions and event sources, with every reference resolved. */
async function resolveFunctions(template: Template, resolve: Resolve) {
  const functions: FunctionSpec[] = [];
  const queues: QueueSource[] = [];
  const schedules: ScheduleSource[] = [];
  for (const { queues: declared, schedules: rules, ...declaration } of template.functions) {
    const place = `functions.${declaration.name}`;
    const environment: Record<string, string> = {};
    for (const [name, value] of Object.entries(declaration.environment)) {
      environment[name] = String(await resolve(value, `${place}.environment.${name}`));
    }
    functions.push({ ...declaration, environment });
    for (const { arn, ...source } of declared) {
      const queueArn = String(await resolve(arn, `${place}.events.sqs.arn`));
      queues.push({ ...source, functionName: declaration.name, queueArn });
    }
    const functionName = declaration.name;
    const own: ScheduleSource[] = [];
    for (const rule of rules) {
      own.push(...(await resolveRule(rule, { functionName, first: own.length + 1 }, resolve)));
    }
    schedules.push(...own);
  }
  return { functions, queues, schedules };
}

/** A rule for each expression, as the framework makes them. */
async function resolveRule(
  { rate, name, input }: DeclaredSchedule,
  { functionName, first }: { functionName: string; first: number },
  resolve: Resolve,
): Promise<ScheduleSource[]> {
  const place = `functions.${functionName}.events.schedule.input`;
  const resolved = input === undefined ? undefined : await resolve(input, place);
  const text = typeof resolved === 'string' ? resolved : JSON.stringify(resolved);
  if (text !== undefined) checkJson(text, place);
  return rate.map((expression, index) => ({
    functionName,
    ruleName: name ?? `${functionName}-${first + index}`,
    expression,
    ...(text !== undefined && { input: text }),
  }));
}

function checkJson(text: string, place: string): void {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new Error(`${place}: "${text}" is not JSON`, { cause });
  }
}
