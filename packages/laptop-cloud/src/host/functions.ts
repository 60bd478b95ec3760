import type { Resolve } from './intrinsics.ts';
import type { FunctionDeclaration, Template } from './template.ts';
import type { DeclaredQueue } from './template-schema.ts';

export interface FunctionSpec extends Omit<FunctionDeclaration, 'environment' | 'queues'> {
  environment: Record<string, string>;
}

export interface QueueSource extends Omit<DeclaredQueue, 'arn'> {
  functionName: string;
  queueArn: string;
}

/** The template's functions and event sources, with every reference resolved. */
export async function resolveFunctions(template: Template, resolve: Resolve) {
  const functions: FunctionSpec[] = [];
  const queues: QueueSource[] = [];
  for (const { queues: declared, ...declaration } of template.functions) {
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
  }
  return { functions, queues };
}
