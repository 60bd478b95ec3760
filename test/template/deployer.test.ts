import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { listOf } from './deployed.ts';
import {
  findRefused,
  findWrongExemptions,
  listQuestions,
  type Question,
  readHandlers,
} from './deployer.ts';
import {
  FRAMEWORK_CALLS,
  NOT_CALLED,
  OWN_CALLS,
  readFrameworkCalls,
  readOwnCalls,
} from './deployer-calls.ts';
import { isAllowed, type PolicyStatement } from './iam.ts';
import { type Packaged, packageStage } from './package-stage.ts';

// docs/deployer-policy.json against everything that IAM is asked of whoever deploys: what it lacks makes
// a deployment roll back, what it has beside that is too much.

/** A managed policy's, without white space. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_POLICY_CHARACTERS = 6_144;
const { Statement: policy } = JSON.parse(
  readFileSync(new URL('../../docs/deployer-policy.json', import.meta.url), 'utf8'),
) as { Statement: PolicyStatement[] };

let stages: Packaged[];
let questions: Question[];
let ofProd: Question[];
let unknown: string[];

beforeAll(async () => {
  const mails = { alarmEmail: 'ops@example.com' };
  stages = await Promise.all([packageStage('dev'), packageStage('prod', mails)]);
  const asked = await Promise.all(stages.map(listQuestions));
  expect([...new Set(asked.flatMap(({ faults }) => faults))]).toEqual([]);
  questions = asked.flatMap((each) => each.questions);
  ofProd = asked[1]?.questions ?? [];
  unknown = [...new Set(asked.flatMap((each) => each.unknown))].toSorted();
}, 60_000);

test('the deployer may do all that is asked of it', () => {
  expect(questions.length).toBeGreaterThan(1_000);
  expect(findRefused(policy, questions)).toEqual([]);
});

test('without any one action or resource of its policy something is refused, and it is said by whom', () => {
  const removals = listRemovals();
  const refused = new Map(
    removals.map(({ name, remaining, asked }) => [name, findRefused(remaining, asked)]),
  );
  expect(removals.map(({ name }) => name).filter((name) => !refused.get(name)?.length)).toEqual([]);
  expect(refused.get('OfNoName without secretsmanager:GetRandomPassword')).toEqual([
    'AWS::SecretsManager::Secret create: secretsmanager:GetRandomPassword on *',
    'AWS::SecretsManager::Secret update: secretsmanager:GetRandomPassword on *',
  ]);
});

function listRemovals() {
  return policy.flatMap((statement, index) => {
    const allowed = ofProd.filter((question) => isAllowed([statement], question));
    return (['Action', 'Resource'] as const).flatMap((part) =>
      listOf(statement[part]).map((what, at) => {
        const less = { ...statement, [part]: listOf(statement[part]).toSpliced(at, 1) };
        const only = { Effect: 'Allow', Action: '*', Resource: '*', [part]: what };
        return {
          name: `${statement.Sid} without ${what}`,
          remaining: policy.with(index, less),
          asked: allowed.filter((question) => isAllowed([only], question)),
        };
      }),
    );
  });
}

test('it passes roles to Lambda alone, and makes no service’s role but the API’s', () => {
  const role = 'arn:aws:iam::111122223333:role/sightline-dev-AnalyzeRole-1A2B3C';
  const pass = (service: string) => {
    const context = { 'iam:PassedToService': service };
    return isAllowed(policy, { action: 'iam:PassRole', resource: role, context });
  };
  expect([pass('lambda.amazonaws.com'), pass('ec2.amazonaws.com')]).toEqual([true, false]);
  const other = role.replace('sightline-dev-AnalyzeRole', 'aws-service-role/ec2.amazonaws.com');
  const context = { 'iam:AWSServiceName': 'ec2.amazonaws.com' };
  const question = { action: 'iam:CreateServiceLinkedRole', resource: other, context };
  expect(isAllowed(policy, question)).toBe(false);
});

test('policies are judged as IAM judges them', () => {
  const all = { Effect: 'Allow', Action: '*', Resource: '*' };
  const may = (statements: PolicyStatement[], action: string, resource = 'arn:aws:s3:::a/b') =>
    isAllowed(statements, { action, resource });
  expect(may([], 's3:GetObject')).toBe(false);
  expect(may([{ ...all, Action: 's3:get*' }], 's3:GetObject')).toBe(true);
  expect(may([{ ...all, Action: 's3:Get?' }], 's3:GetObject')).toBe(false);
  expect(may([{ ...all, Resource: 'arn:aws:s3:::A/*' }], 's3:GetObject')).toBe(false);
  expect(may([all, { ...all, Effect: 'Deny', Action: 's3:Get*' }], 's3:GetObject')).toBe(false);
  const others = { Effect: 'Allow', NotAction: 'iam:*', NotResource: 'arn:aws:sqs:*' };
  expect(may([others], 's3:GetObject')).toBe(true);
  expect(may([others], 'iam:GetRole')).toBe(false);
  expect(may([others], 'sqs:SendMessage', 'arn:aws:sqs:us-east-1:1:a')).toBe(false);
  const dated = { ...all, Condition: { DateLessThan: { 'aws:CurrentTime': '2027' } } };
  const request = { action: 'a:b', resource: '*', context: { 'aws:CurrentTime': '2026' } };
  expect(() => isAllowed([dated], request)).toThrow('DateLessThan');
});

test('no statement allows everything, and the whole fits into one policy', () => {
  expect(policy.flatMap(({ Action }) => listOf(Action))).not.toContain('*');
  const anywhere = policy.filter(({ Resource }) => listOf(Resource).includes('*'));
  expect(anywhere.flatMap(({ Action }) => listOf(Action)).join()).not.toContain('*');
  const text = JSON.stringify({ Version: '2012-10-17', Statement: policy });
  expect(text.length).toBeLessThanOrEqual(MAX_POLICY_CHARACTERS);
});

test('what handlers are exempt from is used by no resource', () => {
  for (const stage of stages) expect(findWrongExemptions(stage)).toEqual([]);
});

test('of handlers’ actions, only those are not asked for that IAM does not know', () => {
  expect(unknown).toEqual([
    'apigateway:TagResource', // of tags: apigateway:POST
    'apigateway:UntagResource',
    'cloudfront:CreateDistributionWithTags', // CreateDistribution and TagResource
    's3:DeleteBucketAnalyticsConfiguration', // all but the last are Put…Configuration in IAM
    's3:DeleteBucketCors',
    's3:DeleteBucketEncryption',
    's3:DeleteBucketLifecycle',
    's3:DeleteBucketMetricsConfiguration',
    's3:DeleteBucketReplication',
    's3:DeleteBucketTagging',
    's3:PutBucketReplication',
    's3:PutObjectLockConfiguration',
    's3:REST.PUT.OBJECT', // of logs that are delivered elsewhere
  ]);
});

test('every call of the framework and of our commands is asked for', () => {
  const ofFramework = [...Object.keys(FRAMEWORK_CALLS), ...Object.keys(NOT_CALLED)];
  expect(readFrameworkCalls()).toEqual(ofFramework.toSorted());
  expect(readOwnCalls().toSorted()).toEqual(Object.keys(OWN_CALLS).toSorted());
});

const { CLOUDFORMATION_SCHEMAS: schemas } = process.env;
test.skipIf(!schemas)(
  'handlers.txt is what AWS publishes (CLOUDFORMATION_SCHEMAS names a folder)',
  () => {
    const handlers = readHandlers();
    const seen = new Map<string, unknown>();
    for (const file of globSync('**/*.json', { cwd: schemas })) {
      const schema = JSON.parse(readFileSync(join(schemas ?? '', file), 'utf8'));
      if (handlers.has(schema.typeName)) seen.set(schema.typeName, listPublished(schema));
    }
    const ours = [...handlers].map(([type, of]) => [
      type,
      Object.fromEntries([...of].map(([handler, actions]) => [handler, actions.toSorted()])),
    ]);
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(ours));
  },
);

interface Schema {
  handlers?: Record<string, { permissions: string[] }>;
  tagging?: { permissions?: string[] };
}

function listPublished({ handlers = {}, tagging }: Schema) {
  const all = Object.entries(handlers).map(
    ([name, { permissions }]) => [name, permissions] as const,
  );
  const tags = tagging?.permissions ? [['tagging', tagging.permissions] as const] : [];
  return Object.fromEntries(
    [...all, ...tags].map(([name, permissions]) => [
      name,
      [...new Set(permissions.map((each) => each.replace(/^S3:/, 's3:')))].toSorted(),
    ]),
  );
}
