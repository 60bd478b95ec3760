import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { FunctionSpec } from '../template/deploy.ts';

export interface RuntimeSettings {
  region: string;
  accountId: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** The SDKs read it from AWS_ENDPOINT_URL: so no handler has a branch for local runs. */
  awsEndpoint: string;
  /** Handlers are found from here. */
  taskRoot: string;
  /** Or each function's in a folder of its name here, as its zip was unpacked. */
  codeDir?: string | undefined;
  /** Node keeps compiled code here, and does without where the folder cannot be written. */
  compileCacheDir?: string | undefined;
}

/**
 * All that an instance sees of the environment: what Lambda sets and what the template says.
 * Nothing of the developer's shell, so a variable missing in serverless.yml is missed here already.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function createEnvironment(
  spec: FunctionSpec,
  settings: RuntimeSettings,
): Record<string, string> {
  return {
    ...spec.environment,
    AWS_REGION: settings.region,
    AWS_DEFAULT_REGION: settings.region,
    // On AWS each function has a role of its own; here its name in the key tells its calls apart.
    AWS_ACCESS_KEY_ID: `${settings.accessKeyId}.${spec.name}`,
    AWS_SECRET_ACCESS_KEY: settings.secretAccessKey,
    AWS_ENDPOINT_URL: settings.awsEndpoint,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${spec.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `[$LATEST]${randomUUID().replaceAll('-', '')}`,
    _HANDLER: spec.handler,
    LAMBDA_TASK_ROOT: settings.codeDir ? join(settings.codeDir, spec.name) : settings.taskRoot,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: process.env.PATH ?? '',
    // Otherwise every process compiles the SDK anew: most of its start.
    ...(settings.compileCacheDir && { NODE_COMPILE_CACHE: settings.compileCacheDir }),
  };
}
