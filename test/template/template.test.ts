import { readFileSync } from 'node:fs';
import { CelEngine } from '@aws/cloudformation-validate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RETENTION_DAYS } from '../../lib/amounts.ts';
import { waitDelaySeconds } from '../../lib/analysis/outcome.ts';
import {
  MAX_ATTEMPTS,
  MAX_FILE_RETURNS,
  MAX_PAUSED_TRIES,
  MAX_WAITS,
} from '../../lib/analysis/record.ts';
import { MAX_HIDE_SECONDS } from '../../lib/aws/queue.ts';
import { DAYS_TAG } from '../../lib/aws/upload-form.ts';
import { describePolicy } from '../../local/page.ts';
import { createPackagedResolver, listDeployed, listOf, listResources } from './deployed.ts';
import { findEnvironmentProblems } from './environment.ts';
import { findEventProblems } from './events.ts';
import { findCycle } from './graph.ts';
import { listMutations } from './mutations.ts';
import { type Packaged, packageStage } from './package-stage.ts';
import { findPermissionProblems } from './permissions.ts';

// The template as the Serverless Framework makes it, for each stage: checked by AWS's own validator and
// against what code, contract and docs/states.md ask for. Then broken in every way, to see the checks fail.

const EXISTING = {
  existingBucket: 'scans-of-the-archive',
  alarmEmail: 'ops@example.com',
  dropperArn: 'arn:aws:iam::444455556666:role/scanner',
};
// biome-ignore lint/suspicious/noExplicitAny: whatever CloudFormation takes
type Input = any;
let dev: Packaged;
let prod: Packaged;
let existing: Packaged;

beforeAll(async () => {
  const packaging = [packageStage('dev'), packageStage('prod'), packageStage('prod', EXISTING)];
  [dev, prod, existing] = (await Promise.all(packaging)) as [Packaged, Packaged, Packaged];
}, 120_000);

const find = (packaged: Packaged, type: string) => listResources(packaged, `AWS::${type}`);
const propertiesOf = (packaged: Packaged, type: string) =>
  find(packaged, type).map(([, { Properties }]) => Properties);

async function findProblems(packaged: Packaged): Promise<string[]> {
  return [
    ...(await findEnvironmentProblems(packaged)),
    ...(await findPermissionProblems(packaged)),
    ...(await findEventProblems(packaged)),
  ];
}

const engine = new CelEngine();
afterAll(() => engine.free());

function findErrors(packaged: Packaged): string[] {
  const bytes = Buffer.from(JSON.stringify(packaged));
  const file = { path: 'template.json', readBytes: () => bytes };
  const { diagnostics } = engine.validateStandard(file, { severityLevel: 'ERROR' });
  return diagnostics.map(({ ruleId, message }) => `${ruleId} ${message}`);
}

describe('every stage', () => {
  test('keeps an upload’s message for longer than all its returns together can take', () => {
    const queue: Input = dev.Resources.UploadQueue?.Properties;
    const { maxReceiveCount } = queue.RedrivePolicy;
    // As long as a model asks for; all others come back within the queue's own time.
    const tries = MAX_ATTEMPTS + MAX_PAUSED_TRIES;
    const others = (maxReceiveCount - tries) * queue.VisibilityTimeout;
    expect(queue.MessageRetentionPeriod).toBeGreaterThan(tries * MAX_HIDE_SECONDS + others);
    expect(waitDelaySeconds(Math.max(MAX_WAITS, MAX_FILE_RETURNS))).toBeLessThan(
      queue.VisibilityTimeout,
    );
    expect(maxReceiveCount).toBeGreaterThan(tries + MAX_WAITS + MAX_FILE_RETURNS);
  });

  test('passes AWS’s validator without an error', () => {
    for (const packaged of [dev, prod, existing]) expect(findErrors(packaged)).toEqual([]);
    const broken = structuredClone(dev);
    Object.assign(broken.Resources.UploadQueue?.Properties ?? {}, { VisibilityTimeOut: 1 });
    expect(findErrors(broken).join()).toContain('VisibilityTimeOut');
  });

  test('has no cycle', () => {
    for (const packaged of [dev, prod, existing]) expect(findCycle(packaged)).toBeUndefined();
    const planted = structuredClone(dev);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's
    const Description = { 'Fn::Sub': 'for ${UploadBucket.Arn}' };
    Object.assign(planted.Resources.Key?.Properties ?? {}, { Description });
    expect(findCycle(planted)).toEqual(expect.arrayContaining(['Key', 'UploadBucket']));
  });

  test('gives each function what it reads, may call and is called by, and nothing else', async () => {
    for (const packaged of [dev, prod, existing]) expect(await findProblems(packaged)).toEqual([]);
  });

  test('names the same tables, buckets, queues and secrets to all functions', async () => {
    const functions = await listDeployed(prod);
    const values = (name: string) =>
      new Set(functions.flatMap(({ environment }) => environment[name] ?? []));
    expect(values('TABLE_NAME')).toEqual(new Set(['sightline-prod']));
    expect(values('UPLOAD_BUCKET')).toEqual(new Set(['sightline-prod-uploads-111122223333']));
    expect(values('RESULT_BUCKET')).toEqual(new Set(['sightline-prod-results-111122223333']));
    expect([...values('UPLOAD_QUEUE_URL')]).toEqual(['sightline-prod-uploads']);
    expect([...values('GEMINI_SECRET_ID')][0]).toMatch(/secret:sightline\/prod\/gemini-/);
  });

  test('keeps logs for a time, the API’s too', () => {
    const groups = propertiesOf(prod, 'Logs::LogGroup');
    expect(groups).toHaveLength(propertiesOf(prod, 'Lambda::Function').length + 1);
    for (const group of groups) expect(group.RetentionInDays).toBe(90);
    expect(propertiesOf(dev, 'Logs::LogGroup')[0]?.RetentionInDays).toBe(14);
    const [stage] = propertiesOf(prod, 'ApiGatewayV2::Stage');
    expect(stage?.DefaultRouteSettings).toMatchObject({ ThrottlingRateLimit: 50 });
    const format = stage?.AccessLogSettings.Format.replaceAll(/\$context\.\w+(\.\w+)?/g, '1');
    expect(JSON.parse(format)).toHaveProperty('status');
  });

  test('has time-outs that fit each other', async () => {
    const functions = await listDeployed(prod);
    const seconds = Object.fromEntries(functions.map((each) => [each.name, each.timeoutSeconds]));
    const { 'process-upload': process = 0, 'fail-upload': fail = 0, ...api } = seconds;
    for (const timeout of Object.values(api)) expect(timeout).toBeLessThan(30); // the HTTP API's own
    const { UploadQueue, UploadDeadLetterQueue } = prod.Resources;
    expect(UploadQueue?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * process);
    expect(UploadDeadLetterQueue?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * fail);
    expect(UploadQueue?.Properties.RedrivePolicy.maxReceiveCount).toBeGreaterThan(MAX_ATTEMPTS);
  });
});

describe('what holds data', () => {
  test('is private, takes TLS only and is encrypted under the stack’s key', () => {
    const policies = [
      ...propertiesOf(prod, 'S3::BucketPolicy'),
      ...propertiesOf(prod, 'SQS::QueuePolicy'),
    ].flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    const tlsOnly = policies.filter(
      ({ Effect, Condition }) =>
        Effect === 'Deny' && String(Condition.Bool['aws:SecureTransport']) === 'false',
    );
    expect(tlsOnly).toHaveLength(8); // four buckets, the framework's among them, and four queues
    for (const id of ['UploadBucket', 'ResultBucket']) {
      const bucket = prod.Resources[id]?.Properties;
      expect(Object.values(bucket?.PublicAccessBlockConfiguration)).toEqual(Array(4).fill(true));
      expect(bucket?.BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: {
            SSEAlgorithm: 'aws:kms',
            KMSMasterKeyID: { 'Fn::GetAtt': ['Key', 'Arn'] },
          },
        },
      ]);
      const rules: Record<string, unknown>[] = bucket?.LifecycleConfiguration.Rules;
      expect(rules.some((rule) => 'AbortIncompleteMultipartUpload' in rule)).toBe(true);
      const byTag = rules.filter((rule) => 'TagFilters' in rule);
      const tagged = (days: number) => [{ Key: DAYS_TAG, Value: String(days) }];
      const wanted = RETENTION_DAYS.map((days) => [tagged(days), days]);
      expect(byTag.map((rule) => [rule.TagFilters, rule.ExpirationInDays])).toEqual(wanted);
      // Records without a tag point to their results for ever.
      const untagged = rules.filter(
        (rule) => 'ExpirationInDays' in rule && !('TagFilters' in rule),
      );
      const prefix = id === 'UploadBucket' ? 'uploads/' : 'pictures/';
      expect(untagged).toMatchObject([{ Prefix: prefix, ExpirationInDays: 30 }]);
    }
    for (const queue of propertiesOf(prod, 'SQS::Queue'))
      expect(queue.SqsManagedSseEnabled).toBe(true);
  });

  test('outlives its stack in prod, and goes with it in dev', () => {
    const kept = ({ Resources }: Packaged) =>
      ['Table', 'Key', 'UploadBucket', 'ResultBucket'].map((id) => Resources[id]?.DeletionPolicy);
    expect(kept(prod)).toEqual(Array(4).fill('RetainExceptOnCreate'));
    expect(kept(dev)).toEqual(Array(4).fill('Delete'));
    expect(prod.Resources.Table?.Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true },
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
    expect(dev.Resources.Table?.Properties.DeletionProtectionEnabled).toBe(false);
  });

  test('a bucket that exists takes the place of the stack’s own', async () => {
    const conditions = ({ Conditions }: Packaged) => JSON.stringify(Conditions.OwnsUploadBucket);
    expect(conditions(dev)).toBe('{"Fn::Equals":["",""]}');
    expect(conditions(existing)).toBe('{"Fn::Equals":["scans-of-the-archive",""]}');
    const own = Object.values(existing.Resources).filter(
      ({ Condition }) => Condition === 'OwnsUploadBucket',
    );
    expect(own.map(({ Type }) => Type)).toEqual(['AWS::S3::Bucket', 'AWS::S3::BucketPolicy']);
    // What is not there in such a stack must not be referred to by what is.
    const others = Object.entries(existing.Resources).filter(([, each]) => !own.includes(each));
    expect(JSON.stringify([others, existing.Outputs])).not.toMatch(/"UploadBucket[."]/);
    const functions = await listDeployed(existing);
    const buckets = functions.flatMap(({ environment }) => environment.UPLOAD_BUCKET ?? []);
    expect(new Set(buckets)).toEqual(new Set(['scans-of-the-archive']));
  });
});

describe('the page', () => {
  test('has the API behind its own origin, uncached, with what the viewer sent, its own errors and its key in no clear text', () => {
    const [config] = propertiesOf(prod, 'CloudFront::Distribution').map(
      ({ DistributionConfig }) => DistributionConfig,
    );
    const behaviors: Input[] = config.CacheBehaviors;
    expect(behaviors.map(({ PathPattern }) => PathPattern)).toEqual([
      '/v1/*',
      '/analyze',
      '/health*',
      '/openapi.json',
    ]);
    for (const behavior of behaviors)
      expect(behavior).toMatchObject({
        TargetOriginId: 'api',
        ViewerProtocolPolicy: 'https-only',
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad', // CachingDisabled
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac', // AllViewerExceptHostHeader
        AllowedMethods: expect.arrayContaining(['GET', 'POST', 'PUT', 'DELETE']),
      });
    // Every route that is no look into a folder of files goes to the API.
    const routes = propertiesOf(prod, 'ApiGatewayV2::Route').map(({ RouteKey }) => RouteKey);
    const paths = routes.flatMap((key: string) => key.split(' ')[1] ?? []);
    const isBehind = (path: string) =>
      behaviors.some(({ PathPattern }) =>
        new RegExp(`^${PathPattern.replace('*', '.*')}$`).test(path),
      );
    expect(paths.filter((path: string) => !isBehind(path))).toEqual([]);
    expect(config.CustomErrorResponses).toBeUndefined();
    expect(config.DefaultCacheBehavior.TargetOriginId).toBe('page');
  });

  test('is read through CloudFront alone', () => {
    const { Statement } = prod.Resources.PageBucketPolicy?.Properties.PolicyDocument ?? {};
    const allowed = Statement.filter(({ Effect }: Input) => Effect === 'Allow');
    expect(allowed).toHaveLength(2);
    for (const { Principal, Condition } of allowed) {
      expect(Principal).toEqual({ Service: 'cloudfront.amazonaws.com' });
      expect(JSON.stringify(Condition)).toMatch(/distribution\/\$\{Page\}/);
    }
    const { PublicAccessBlockConfiguration } = prod.Resources.PageBucket?.Properties ?? {};
    expect(Object.values(PublicAccessBlockConfiguration)).toEqual(Array(4).fill(true));
  });

  test('has the content policy that it has on a laptop, with the buckets in the cloud’s place', async () => {
    const headers = prod.Resources.PageHeaders?.Properties.ResponseHeadersPolicyConfig;
    const resolve = createPackagedResolver(prod);
    const { ContentSecurityPolicy } = headers.SecurityHeadersConfig.ContentSecurityPolicy;
    const policy = String(await resolve(ContentSecurityPolicy, 'PageHeaders'));
    const bucket = (name: string) =>
      `https://sightline-prod-${name}-111122223333.s3.us-east-1.amazonaws.com`;
    const origins = `${bucket('uploads')} ${bucket('results')}`;
    expect(policy.replace(/\s+/g, ' ')).toBe(describePolicy(origins));
  });
});

test('pages of the same origins may call the API and upload', () => {
  const [api] = propertiesOf(prod, 'ApiGatewayV2::Api');
  const [rule] = prod.Resources.UploadBucket?.Properties.CorsConfiguration.CorsRules ?? [];
  expect(api?.CorsConfiguration.AllowOrigins).toEqual(['*']);
  expect(rule.AllowedOrigins).toEqual(['*']);
});

test('another account may drop files where it is named, and do nothing else', () => {
  const statements = [existing.Resources.UploadBucketPolicy, existing.Resources.Key]
    .map((resource) => resource?.Properties.PolicyDocument ?? resource?.Properties.KeyPolicy)
    .flatMap(({ Statement }) => Statement.flatMap((each: Input) => each['Fn::If'] ?? []));
  const [bucketCondition, put, , keyCondition, encrypt] = statements;
  expect([bucketCondition, keyCondition]).toEqual(['HasDropper', 'HasDropper']);
  for (const { Principal } of [put, encrypt])
    expect(Principal.AWS).toEqual({ 'Fn::Sub': EXISTING.dropperArn });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's
  expect(put.Resource).toEqual({ 'Fn::Sub': '${UploadBucket.Arn}/drop/*' });
  expect([put.Action, encrypt.Action].flat()).toEqual([
    's3:PutObject',
    'kms:GenerateDataKey',
    'kms:Decrypt',
  ]);
});

describe('operators', () => {
  test('are told by the topic of each alarm, and by e-mail where an address is given', () => {
    const alarms = propertiesOf(prod, 'CloudWatch::Alarm');
    expect(alarms.map(({ AlarmName }) => AlarmName.replace('sightline-prod-', ''))).toEqual([
      'dead-letters',
      'webhooks-dead',
      'work-errors',
      'last-net',
      'api-errors',
      'key-refused',
      'old-messages',
    ]);
    for (const alarm of alarms) expect(alarm.AlarmActions).toEqual([{ Ref: 'AlarmTopic' }]);
    expect(existing.Resources.AlarmEmail?.Properties.Endpoint).toBe('ops@example.com');
    expect(existing.Conditions.HasAlarmEmail).toEqual({
      'Fn::Not': [{ 'Fn::Equals': ['ops@example.com', ''] }],
    });
  });

  test('see a dashboard of metrics that exist', () => {
    const [dashboard] = propertiesOf(prod, 'CloudWatch::Dashboard');
    const { widgets } = JSON.parse(dashboard?.DashboardBody['Fn::Sub']);
    expect(widgets.length).toBeGreaterThan(5);
    const log = readFileSync(new URL('../../lib/log.ts', import.meta.url), 'utf8');
    const own = JSON.stringify(widgets).matchAll(/"Sightline","(\w+)","service","([\w-]+)"/g);
    const seen = [...own];
    expect(seen.length).toBeGreaterThan(2);
    for (const [, metric, service] of seen) {
      expect(log).toContain(`Name: '${metric}'`);
      expect(service).toBe('sightline-prod'); // as SERVICE_NAME says
    }
  });

  test('reserve nothing in dev, where an account may have ten instances in all', () => {
    const reserved = (packaged: Packaged) =>
      propertiesOf(packaged, 'Lambda::Function').flatMap(
        ({ ReservedConcurrentExecutions }) => ReservedConcurrentExecutions ?? [],
      );
    expect(reserved(dev)).toEqual([]);
    expect(reserved(prod)).toEqual([100, 25]);
    const [mapping] = propertiesOf(prod, 'Lambda::EventSourceMapping');
    expect(mapping?.ScalingConfig).toEqual({ MaximumConcurrency: 10 });
  });
});

describe('without any one of its parts a check fails:', () => {
  test('variable, permission or event source', async () => {
    const mutations = listMutations(prod);
    expect(mutations.length).toBeGreaterThan(150);
    const unnoticed: string[] = [];
    for (const { name, mutate } of mutations) {
      if ((await findProblems(mutate(prod))).length === 0) unnoticed.push(name);
    }
    expect(unnoticed).toEqual([]);
  }, 60_000);

  test.each([
    ['Action', 's3:*'],
    ['Resource', '*'],
    ['Resource', 'arn:aws:s3:::*/x'],
    ['Action', 'dynamodb:Scan'],
  ])('a role with one %s too many: %s', async (part, value) => {
    const copy = structuredClone(prod);
    const policy = copy.Resources.ProcessUploadRole?.Properties.Policies[0].PolicyDocument;
    const statement = policy.Statement.find(({ Sid }: { Sid: string }) => Sid === 'Analyses');
    statement[part] = [...listOf(statement[part]), value];
    expect((await findProblems(copy)).join()).toContain(value);
  });

  test('a role that may write clients’ keys', async () => {
    const copy = structuredClone(prod);
    const policy = copy.Resources.ProcessUploadRole?.Properties.Policies[0].PolicyDocument;
    for (const statement of policy.Statement) delete statement.Condition;
    expect((await findProblems(copy)).join()).toContain('forge');
  });
});
