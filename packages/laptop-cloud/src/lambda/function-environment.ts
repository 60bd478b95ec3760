import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { FunctionSpec } from '../template/deploy.ts';

export interface RuntimeSettings {
  region: string;
  accountId: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** The SDKs read it from AWS_ENDPOINT_URL, so no handler needs a branch for local runs. */
  awsEndpoint: string;
  /** The folder that handler paths start from. */
  taskRoot: string;
  /** Instead: a folder with one folder for each function, its unpacked deployment zip. */
  codeDir?: string | undefined;
  /** Node keeps compiled code here, and does without where the folder cannot be written. */
  compileCacheDir?: string | undefined;
}

/**
 * An instance's whole environment: Lambda's variables and the template's. Nothing comes from the developer's
 * shell, so a variable that serverless.yml lacks is missing here, too.
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
    // In AWS each function has a role of its own; here the name in the key id tells its calls apart.
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
    // Otherwise every process compiles the SDK again, which is most of its start.
    ...(settings.compileCacheDir && { NODE_COMPILE_CACHE: settings.compileCacheDir }),
  };
}
