import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Place } from './deployer-places.ts';

// The calls of AWS that `npm run deploy`, `remove`, `keys`, `secret` and `smoke` make themselves, and of
// the framework those that docs/deploy.md has people run: deploy, deploy list, rollback, info and remove.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Asked {
  action: string;
  on: Place;
}

/** "s3:GetObject packages": an action, and what it is on. */
function ask(...calls: string[]): Asked[] {
  return calls.map((call) => {
    const [action = '', on = ''] = call.split(' ');
    return { action, on: on as Place };
  });
}

const onStack = (name: string) => ask(`cloudformation:${name} stack`);

/** By the name of the SDK's command. */
export const FRAMEWORK_CALLS: Record<string, Asked[]> = {
  CreateChangeSetCommand: ask(
    'cloudformation:CreateChangeSet stack',
    'cloudformation:TagResource stack',
    's3:GetObject packages', // the template, by CloudFormation
  ),
  CreateStackCommand: onStack('CreateStack'),
  DeleteChangeSetCommand: onStack('DeleteChangeSet'),
  DeleteObjectsCommand: ask('s3:DeleteObject packages'),
  DeleteStackCommand: onStack('DeleteStack'),
  DescribeChangeSetCommand: onStack('DescribeChangeSet'),
  DescribeStackEventsCommand: onStack('DescribeStackEvents'),
  DescribeStackResourceCommand: onStack('DescribeStackResource'),
  DescribeStacksCommand: onStack('DescribeStacks'),
  ExecuteChangeSetCommand: onStack('ExecuteChangeSet'),
  GetCallerIdentityCommand: ask('sts:GetCallerIdentity any'),
  GetFunctionCommand: ask('lambda:GetFunction functions'),
  GetObjectCommand: ask('s3:GetObject packages'),
  GetTemplateCommand: onStack('GetTemplate'),
  HeadBucketCommand: ask('s3:ListBucket deployments'),
  HeadObjectCommand: ask('s3:GetObject packages'),
  ListObjectsV2Command: ask('s3:ListBucket deployments'),
  ListObjectVersionsCommand: ask('s3:ListBucketVersions deployments'),
  ListStackResourcesCommand: onStack('ListStackResources'),
  ListVersionsByFunctionCommand: ask('lambda:ListVersionsByFunction functions'),
  UpdateStackCommand: onStack('UpdateStack'),
  Upload: ask('s3:PutObject packages', 's3:AbortMultipartUpload packages'),
  ValidateTemplateCommand: ask('cloudformation:ValidateTemplate any'),
};

/** Calls in the same files that are never reached, each with the reason. */
export const NOT_CALLED: Record<string, string> = {
  CreateRepositoryCommand: 'no function is an image',
  DeleteRepositoryCommand: 'no function is an image',
  DeleteSubscriptionFilterCommand: 'no function reads a log group',
  DescribeImagesCommand: 'no function is an image',
  DescribeRepositoriesCommand: 'asked by remove, which goes on where it is denied',
  DescribeStackResourcesCommand: 'for API keys of REST APIs',
  DescribeSubscriptionFiltersCommand: 'no function reads a log group',
  GetApiCommand: 'for an HTTP API that another stack owns',
  GetApiKeyCommand: 'for API keys of REST APIs',
  GetAuthorizationTokenCommand: 'no function is an image',
  ListExportsCommand: 'for an HTTP API that another stack owns',
  PutLifecyclePolicyCommand: 'no function is an image',
  SetStackPolicyCommand: 'the stack has no policy',
  UpdateTerminationProtectionCommand: 'the stack may be removed',
};

const FRAMEWORK_FILES = [
  '{deploy,info,lib,remove}/**/*.js',
  'deletion-protection.js',
  'deploy-list.js',
  'provider.js',
  'rollback.js',
];

/** The framework's calls as its sources have them. */
export function readFrameworkCalls(): string[] {
  const cwd = `${ROOT}/node_modules/serverless/lib/plugins/aws`;
  const sources = globSync(FRAMEWORK_FILES, { cwd }).map((file) => read(`${cwd}/${file}`));
  return listFound(sources, /new (\w+Command|Upload)\(/g);
}

export const OWN_CALLS: Record<string, Asked[]> = {
  DeleteObjectsCommand: ask('s3:DeleteObject pageFiles'),
  DescribeStacksCommand: ask('cloudformation:DescribeStacks stack'),
  GetSecretValueCommand: ask('secretsmanager:GetSecretValue secrets'),
  ListObjectsV2Command: ask('s3:ListBucket page'),
  PutObjectCommand: ask('s3:PutObject pageFiles'),
  PutSecretValueCommand: ask('secretsmanager:PutSecretValue secrets'),
  'table.delete': ask('dynamodb:DeleteItem table'),
  'table.get': ask('dynamodb:GetItem table'),
  'table.put': ask('dynamodb:PutItem table'),
  'table.scan': ask('dynamodb:Scan table'),
  'table.update': ask('dynamodb:UpdateItem table'),
  // By hand, in docs/deploy.md.
  'aws lambda get-account-settings': ask('lambda:GetAccountSettings any'),
  'aws sts get-caller-identity': ask('sts:GetCallerIdentity any'),
};

/** Our commands' calls as their sources have them; those by hand as docs/deploy.md does. */
export function readOwnCalls(): string[] {
  const files = globSync('infra/{commands,page,smoke,stage}/*.ts', { cwd: ROOT });
  const sources = [...files, 'lib/auth/client-registry.ts'].map((file) => read(`${ROOT}/${file}`));
  const guide = read(`${ROOT}/docs/deploy.md`);
  return [
    ...listFound(sources, /new (\w+Command)\(/g),
    ...listFound(sources, /\b(table\.(?:delete|get|put|query|scan|update))\(/g),
    ...listFound([guide], /\b(aws (?:lambda|sts) [a-z-]+)/g),
  ];
}

function listFound(sources: string[], pattern: RegExp): string[] {
  const found = sources.flatMap((source) =>
    [...source.matchAll(pattern)].map(([, name = '']) => name),
  );
  return [...new Set(found)].toSorted();
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}
