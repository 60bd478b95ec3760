import { type Attributes, createResolver, type Resolve } from 'laptop-cloud/intrinsics';
import type { Packaged, Resource } from './package-stage.ts';

const REGION = 'us-east-1';
const ACCOUNT = '111122223333';

export interface Statement {
  Sid: string;
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface Deployed {
  /** Without service and stage: `process-upload`. */
  name: string;
  functionName: string;
  logicalId: string;
  environment: Record<string, string>;
  timeoutSeconds: number;
  statements: Statement[];
}

/** Every reference in the template as the ARN or name that it would have. */
export function createPackagedResolver({ Resources }: Packaged): Resolve {
  const resolve: Resolve = createResolver({
    pseudo: {
      'AWS::Region': REGION,
      'AWS::AccountId': ACCOUNT,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
    },
    async attributesOf(logicalId, place) {
      const resource = Resources[logicalId];
      return resource && describeAttributes(logicalId, resource, (name) => resolve(name, place));
    },
  });
  return resolve;
}

async function describeAttributes(
  logicalId: string,
  { Type, Properties }: Resource,
  read: (name: unknown) => Promise<unknown>,
): Promise<Attributes> {
  const [, service = '', kind = ''] = Type.split('::');
  const declared = Properties.BucketName ?? Properties.QueueName ?? Properties.TableName;
  const own = declared ?? Properties.FunctionName ?? Properties.LogGroupName ?? Properties.Name;
  const name = own === undefined ? logicalId : String(await read(own));
  const place = `${REGION}:${ACCOUNT}`;
  const arns: Record<string, string> = {
    'S3::Bucket': `arn:aws:s3:::${name}`,
    'SQS::Queue': `arn:aws:sqs:${place}:${name}`,
    'DynamoDB::Table': `arn:aws:dynamodb:${place}:table/${name}`,
    'SecretsManager::Secret': `arn:aws:secretsmanager:${place}:secret:${name}-AbCdEf`,
    'KMS::Key': `arn:aws:kms:${place}:key/${name}`,
    'Lambda::Function': `arn:aws:lambda:${place}:function:${name}`,
  };
  const arn = arns[`${service}::${kind}`] ?? `arn:aws:${service.toLowerCase()}:${place}:${name}`;
  const ref = /Secret$|Topic$/.test(kind) ? arn : name;
  return { Ref: ref, Arn: arn, QueueName: name, ApiEndpoint: `https://${name}` };
}

/** The stack's own, or the one that exists. */
export async function readUploadBucketArn(packaged: Packaged): Promise<string> {
  const name = packaged.Outputs.UploadBucketName?.Value;
  return `arn:aws:s3:::${await createPackagedResolver(packaged)(name, 'Outputs')}`;
}

export function listResources(packaged: Packaged, type: string): [string, Resource][] {
  return Object.entries(packaged.Resources).filter(([, { Type }]) => Type === type);
}

/** By function and role: hundreds of broken templates differ from the whole one in a single resource. */
const described = new WeakMap<Resource, WeakMap<Resource, Promise<Deployed>>>();

/** The functions with their environments and their roles' statements, every reference resolved. */
export async function listDeployed(packaged: Packaged): Promise<Deployed[]> {
  const resolve = createPackagedResolver(packaged);
  const functions = listResources(packaged, 'AWS::Lambda::Function');
  return Promise.all(
    functions.map(([logicalId, resource]) => {
      const role = packaged.Resources[resource.Properties.Role['Fn::GetAtt'][0]] ?? NO_ROLE;
      const known = described.get(resource) ?? new WeakMap<Resource, Promise<Deployed>>();
      described.set(resource, known);
      const deployed = known.get(role) ?? describeDeployed(resolve, logicalId, resource, role);
      known.set(role, deployed);
      return deployed;
    }),
  );
}

const NO_ROLE: Resource = { Type: 'AWS::IAM::Role', Properties: {} };

async function describeDeployed(
  resolve: Resolve,
  logicalId: string,
  { Properties }: Resource,
  role: Resource,
): Promise<Deployed> {
  const policies: { PolicyDocument: { Statement: unknown[] } }[] = role.Properties.Policies ?? [];
  const statements = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  return {
    name: nameOf(Properties.FunctionName),
    functionName: Properties.FunctionName,
    logicalId,
    timeoutSeconds: Properties.Timeout,
    environment: (await resolve(
      Properties.Environment?.Variables ?? {},
      logicalId,
    )) as Deployed['environment'],
    statements: (await resolve(statements, logicalId)) as Statement[],
  };
}

/** `process-upload`, of `sightline-prod-process-upload`. */
export function nameOf(functionName: string): string {
  return functionName.split('-').slice(2).join('-');
}

export function listOf<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
