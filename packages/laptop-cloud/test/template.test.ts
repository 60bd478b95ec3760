// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the templates' own variables
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../src/cloud/database.ts';
import { createSecrets } from '../src/cloud/secrets/secrets.ts';
import { createQueues } from '../src/cloud/sqs/queues.ts';
import { deployTemplate } from '../src/template/deploy.ts';
import type { CloudServices } from '../src/template/resources.ts';
import { readTemplate } from '../src/template/template.ts';

const PLACE = { region: 'us-east-1', accountId: '000000000000' };
const ENDPOINT = 'http://127.0.0.1:4566';
const RESOURCES = `
resources:
  Resources:
    Queue:
      Type: AWS::SQS::Queue
      Properties:
        QueueName: \${self:service}-work
        VisibilityTimeout: 60
        RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 }
    Dead:
      Type: AWS::SQS::Queue
      Properties: { QueueName: dead }
    Bucket:
      Type: AWS::S3::Bucket
      Properties:
        BucketName: !Join ['-', [a, !Ref AWS::AccountId]]
        CorsConfiguration: { CorsRules: [{ AllowedOrigins: ['*'], AllowedMethods: [POST], MaxAge: 60 }] }
        NotificationConfiguration:
          QueueConfigurations:
            - Event: s3:ObjectCreated:*
              Queue: !GetAtt Queue.Arn
              Filter: { S3Key: { Rules: [{ Name: prefix, Value: in/ }] } }
    Table:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: things
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
        KeySchema: [{ AttributeName: pk, KeyType: HASH }]
        TimeToLiveSpecification: { AttributeName: expiresAt, Enabled: true }
    Secret:
      Type: AWS::SecretsManager::Secret
      Properties: { Name: a/secret }
    Role: { Type: AWS::IAM::Role }
    Alarm: { Type: AWS::CloudWatch::Alarm }
    Rule: { Type: AWS::Events::Rule }
`;

let folder: string;
let database: ReturnType<typeof openDatabase>;
let created: Record<string, unknown>[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'laptop-cloud-template-'));
  database = openDatabase(join(folder, 'data'));
  created = [];
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

function write(files: Record<string, string>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return join(folder, 'serverless.yml');
}

/** Real queues and secrets; of bucket and table only what is asked of them. */
function createCloud(): CloudServices {
  const options = { endpoint: () => ENDPOINT, ...PLACE };
  return {
    ...PLACE,
    queues: createQueues(database, options),
    secrets: createSecrets({ dataDir: join(folder, 'data'), ...PLACE }),
    buckets: { ensureBucket: (bucket) => void created.push({ bucket }) },
    tables: { ensureTable: async (table) => void created.push({ table }) },
  };
}

const functionWith = (environment: string) =>
  `service: s\nprovider: {}\nfunctions:\n  f:\n    handler: f.handler\n    environment:\n      X: ${environment}\n`;
const read = (content: string, params: Record<string, string> = {}) =>
  readTemplate(write({ 'serverless.yml': content }), { stage: 'local', params, ...PLACE });
const play = (content: string) =>
  deployTemplate(createCloud(), write({ 'serverless.yml': content }), { stage: 'local' });

describe('variables', () => {
  test.each([
    ["${opt:stage, 'dev'}", 'local'],
    ["${opt:other, 'dev'}", 'dev'],
    ['${opt:other, self:service}', 's'],
    ['${sls:stage}-x-${sls:stage}', 'local-x-local'],
    ['${param:given}', 'overridden'],
    ['${param:staged}', 'of the stage'],
    ['${param:indirect}', 'plain/local'],
    ['${self:params.${sls:stage}.staged}', 'of the stage'],
    ['${file(values.yml):deep.value}', 'plain'],
    ['${aws:region}', 'us-east-1'],
    ['${opt:other, null}', null],
  ])('%s is %s', (variable, expected) => {
    write({ 'values.yml': 'deep: { value: "${param:plain}" }' });
    const params = `params:
  default: { given: no, plain: plain, staged: no, indirect: "\${param:plain}/\${sls:stage}" }
  local: { staged: of the stage }
`;
    const template = read(functionWith(`"${variable}"`) + params, { given: 'overridden' });
    expect(template.functions[0]?.environment).toEqual({ X: expected });
  });

  test.each([
    ['${param:unknown}', 'functions.f.environment.X: ${param:unknown} has no value'],
    ['${ssm:/path}', 'no support for the variable ${ssm:/path}'],
    ['${self:functions.f.environment.X}', 'need each other'],
    ['a${file(serverless.yml)}', 'cannot stand inside'],
  ])('%s is refused by name and place', (variable, message) => {
    expect(() => read(functionWith(`"${variable}"`))).toThrow(message);
  });
});

describe('a template', () => {
  test('gives functions with their routes and queues, by the provider’s defaults', () => {
    const { functions, unsupported } = read(`
service: s
provider: { memorySize: 256, timeout: 9, environment: { A: a, B: b } }
functions:
  one:
    handler: functions/one.handler
    timeout: 3
    environment: { B: c }
    events:
      - httpApi: post /v1/x/{id}
      - httpApi: { path: /y }
      - httpApi: '*'
      - schedule: rate(1 day)
      - s3: photos
      - sqs: { arn: an-arn, batchSize: 1, functionResponseType: ReportBatchItemFailures }
`);
    expect(functions).toEqual([
      {
        name: 'one',
        handler: 'functions/one.handler',
        memoryMb: 256,
        timeoutSeconds: 3,
        reservedConcurrency: undefined,
        environment: { A: 'a', B: 'c' },
        routes: ['POST /v1/x/{id}', 'ANY /y', '$default'],
        queues: [
          {
            arn: 'an-arn',
            enabled: true,
            batchSize: 1,
            maximumBatchingWindow: 0,
            functionResponseType: 'ReportBatchItemFailures',
          },
        ],
        schedules: [{ rate: ['rate(1 day)'], enabled: true }],
      },
    ]);
    expect(unsupported).toEqual(['one: s3']);
  });

  test('takes a number that stands on the command line, and null for what a stage leaves out', () => {
    const content = functionWith('x').replace(
      'environment',
      "reservedConcurrency: ${param:reserved, null}\n    events: [{ sqs: { arn: x, maximumConcurrency: '${param:most}' } }]\n    environment",
    );
    const spec = (params: Record<string, string>) => read(content, params).functions[0];
    expect(spec({ most: '7' })?.reservedConcurrency).toBeUndefined();
    expect(spec({ most: '7' })?.queues[0]?.maximumConcurrency).toBe(7);
    expect(spec({ most: '7', reserved: '3' })?.reservedConcurrency).toBe(3);
  });

  test.each([
    ["!Equals ['${param:bucket}', '']", ''],
    ["!Not [!Equals ['${param:bucket}', mine]]", 'theirs'],
  ])('leaves out what depends on a condition that does not hold: %s', (condition, yes) => {
    const content = `${functionWith('x')}
resources:
  Conditions: { Own: ${condition} }
  Resources:
    Bucket: { Type: AWS::S3::Bucket, Condition: Own }
`;
    expect(read(content, { bucket: yes }).resources).toHaveLength(1);
    expect(read(content, { bucket: 'mine' }).resources).toHaveLength(0);
  });

  test.each([
    ['an unknown tag', functionWith('!Base64 x'), /Base64/],
    [
      'a time-out that Lambda refuses',
      functionWith('x').replace('environment', 'timeout: 901\n    environment'),
      /timeout/,
    ],
    [
      'a route without a method',
      functionWith('x').replace('environment', 'events: [{ httpApi: /x }]\n    environment'),
      /METHOD/,
    ],
    [
      'a schedule that EventBridge refuses',
      functionWith('x').replace(
        'environment',
        'events: [{ schedule: rate(1 days) }]\n    environment',
      ),
      /rate\(1 days\) must be like rate\(1 hour\)/,
    ],
    [
      'a schedule that is not supported',
      functionWith('x').replace(
        'environment',
        'events: [{ schedule: { rate: rate(1 day), timezone: Asia/Tokyo } }]\n    environment',
      ),
      /timezone/,
    ],
    ['broken YAML', 'a: [', /serverless\.yml/],
  ])('with %s is refused', (_case, content, message) => {
    expect(() => read(content)).toThrow(message);
  });
});

describe('resources', () => {
  test('are created before those that need them, and referred to as CloudFormation does', async () => {
    const environment = `
      QUEUE_URL: !Ref Queue
      QUEUE_NAME: !GetAtt Queue.QueueName
      BUCKET: !Ref Bucket
      BUCKET_ARN: !GetAtt Bucket.Arn
      TABLE: !Ref Table
      SECRET: !Ref Secret
      SUB: !Sub '\${Table}/\${AWS::Region}/\${Dead.Arn}/\${!Literal}'
      SUB_OWN: !Sub ['\${name}!', { name: !Ref Table }]`;
    const content = functionWith('x').replace('X: x', environment.trimStart());
    const events = '    events: [{ sqs: { arn: !GetAtt Queue.Arn } }]\n';
    const played = await play(content + events + RESOURCES);
    const dead = 'arn:aws:sqs:us-east-1:000000000000:dead';
    expect(played.functions[0]?.environment).toEqual({
      QUEUE_URL: `${ENDPOINT}/000000000000/s-work`,
      QUEUE_NAME: 's-work',
      BUCKET: 'a-000000000000',
      BUCKET_ARN: 'arn:aws:s3:::a-000000000000',
      TABLE: 'things',
      SECRET: expect.stringMatching(
        /^arn:aws:secretsmanager:us-east-1:000000000000:secret:a\/secret-\w{6}$/,
      ),
      SUB: `things/us-east-1/${dead}/\${Literal}`,
      SUB_OWN: 'things!',
    });
    expect(played.queues[0]?.queueArn).toBe('arn:aws:sqs:us-east-1:000000000000:s-work');
    expect(played.unsupported).toEqual(['AWS::Events::Rule']);
  });

  test('are what schedules name in their input, each expression a rule of its own', async () => {
    const schedule = '{ rate: [rate(1 hour), cron(0 8 ? * MON *)], input: { table: !Ref Table } }';
    const events = `    events: [{ schedule: rate(1 day) }, { schedule: ${schedule} }]\n`;
    const { schedules } = await play(functionWith('x') + events + RESOURCES);
    const input = '{"table":"things"}';
    expect(schedules).toEqual([
      { functionName: 'f', ruleName: 'f-1', expression: 'rate(1 day)' },
      { functionName: 'f', ruleName: 'f-2', expression: 'rate(1 hour)', input },
      { functionName: 'f', ruleName: 'f-3', expression: 'cron(0 8 ? * MON *)', input },
    ]);
  });

  test('have the properties that were declared', async () => {
    const played = await play(functionWith('x') + RESOURCES);
    expect(played.refOf('Queue')).toContain('s-work');
    const queues = createQueues(database, { endpoint: () => ENDPOINT, ...PLACE });
    expect(queues.find('s-work')).toMatchObject({
      visibilityTimeoutSeconds: 60,
      redrive: { deadLetterQueueName: 'dead', maxReceiveCount: 3 },
    });
    expect(created).toEqual([
      {
        bucket: {
          name: 'a-000000000000',
          cors: [
            expect.objectContaining({
              allowedOrigins: ['*'],
              allowedMethods: ['POST'],
              maxAgeSeconds: 60,
            }),
          ],
          notifications: [{ queueName: 's-work', events: ['s3:ObjectCreated:*'], prefix: 'in/' }],
        },
      },
      { table: expect.objectContaining({ TableName: 'things', ttlAttribute: 'expiresAt' }) },
    ]);
  });

  test.each([
    ['!Ref Nothing', 'functions.f.environment.X: there is no resource Nothing'],
    ['!GetAtt Queue.Size', 'functions.f.environment.X: Queue has no Size here'],
    ['!ImportValue x', 'no support for Fn::ImportValue'],
    ['{ "Fn::If": [a, b, c] }', 'no support for Fn::If'],
    ["'${Queue.Arn}'", 'functions.f.environment.X: "${Queue.Arn}" needs !Sub'],
    ['!Ref Alarm', 'Alarm has no Ref here'],
  ])('refuse %s, naming the place', async (reference, message) => {
    await expect(play(functionWith(reference) + RESOURCES)).rejects.toThrow(message);
  });

  test.each([
    [
      'a cycle',
      RESOURCES.replace('QueueName: dead', 'QueueName: !GetAtt Queue.QueueName'),
      'needs itself',
    ],
    [
      'a property nobody knows',
      RESOURCES.replace('VisibilityTimeout', 'VisibilityTime'),
      'VisibilityTime',
    ],
    ['no name', RESOURCES.replace('Name: a/secret', ''), 'resources.Secret'],
    [
      'a condition',
      RESOURCES.replace('Role: {', 'Role: { Condition: IsProd,'),
      'Conditions.IsProd',
    ],
  ])('with %s are refused', async (_case, resources, message) => {
    await expect(play(functionWith('x') + resources)).rejects.toThrow(message);
  });
});
