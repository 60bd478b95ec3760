import { readFileSync } from 'node:fs';
import { FRAMEWORK_CALLS, OWN_CALLS } from './deployer-calls.ts';
import { ACCOUNT, type Arns, locate, type Places, REGION } from './deployer-places.ts';
import {
  findTargets,
  isAllowed,
  matches,
  type PolicyStatement,
  type Request,
  type Target,
} from './iam.ts';
import type { Packaged } from './package-stage.ts';

// What IAM is asked of whoever deploys: by CloudFormation, which calls in the deployer's name, by the
// framework, and by our own commands.

export interface Question extends Request {
  /** `AWS::SQS::Queue create`. */
  asker: string;
}

/**
 * Actions of handlers that our resources never reach, each as long as no resource of the type has one of
 * the properties: type, actions, properties, reason.
 */
const EXEMPT = [
  'ApiGatewayV2::Api s3:getObject BodyS3Location: no API is read from a file',
  'ApiGatewayV2::Integration iam:PassRole CredentialsArn: functions let the API in themselves',
  'CloudFront::Distribution cloudfront:*ConnectionGroup ConnectionMode: there is one tenant',
  'CloudFront::Distribution cloudfront:GetVpcOrigin VpcOriginConfig: no origin stands in a VPC',
  'CloudFront::Distribution cloudfront:*WithStagingConfig ContinuousDeploymentPolicyId,Staging: no second one is tried first',
  'DynamoDB::Table dynamodb:DescribeImport ImportSourceSpecification: the table begins empty',
  'DynamoDB::Table s3:* ImportSourceSpecification: as above',
  'DynamoDB::Table logs:* ImportSourceSpecification: as above',
  'DynamoDB::Table kinesis:* KinesisStreamSpecification: nothing is streamed',
  'DynamoDB::Table kms:* KMSMasterKeyId: the policy of aws/dynamodb lets in whoever may use the table',
  'DynamoDB::Table iam:CreateServiceLinkedRole KinesisStreamSpecification,ContributorInsightsSpecification,Replicas: a plain table needs none',
  'IAM::Role iam:*PermissionsBoundary PermissionsBoundary: roles have none',
  'IAM::Role iam:UpdateRoleDescription Description: roles have none',
  'Lambda::EventSourceMapping kms:* KmsKeyArn: filters are encrypted by a key of AWS',
  'Lambda::Function kms:* KmsKeyArn: environments are encrypted by a key of AWS',
  'Lambda::Function ec2:* VpcConfig: functions stand in no VPC',
  'Lambda::Function elasticfilesystem:* FileSystemConfigs: functions have no such disk',
  'Lambda::Function s3files:* FileSystemConfigs: as above',
  'Lambda::Function lambda:GetLayerVersion Layers: functions have no layers',
  'Lambda::Function lambda:GetCodeSigningConfig CodeSigningConfigArn: code is not signed',
  "Lambda::Function lambda:PassCapacityProvider CapacityProviderConfig: instances are Lambda's own",
  'Logs::LogGroup firehose:* DataProtectionPolicy: nothing in logs is masked',
  'Logs::LogGroup logs:PutIndexPolicy FieldIndexPolicies: logs have no index',
  'Logs::LogGroup logs:DeleteIndexPolicy FieldIndexPolicies: as above',
  'Logs::LogGroup logs:DeleteResourcePolicy ResourcePolicyDocument: groups have no policy of their own',
  'S3::Bucket iam:PassRole ReplicationConfiguration: nothing is replicated',
  'S3::Bucket s3tables:* MetadataTableConfiguration,MetadataConfiguration: no table lists the objects',
  'SNS::Topic iam:* DeliveryStatusLogging: deliveries are not logged',
  'SNS::Subscription iam:* SubscriptionRoleArn: mails need no role',
].map((row) => {
  const [, type, actions = '', unless = '', reason] = /^(\S+) (\S+) (\S+): (.+)$/.exec(row) ?? [];
  return { type: `AWS::${type}`, actions, unless: unless.split(','), reason };
});

/** Where an action is asked for on something else than its type of resource says. */
const ASKED_ON: Record<string, string> = {
  // By the names of alarms or not: IAM is asked for all of them.
  'cloudwatch:DescribeAlarms': `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:*`,
  // The reference names the topic since 2026; before, subscriptions had no type of resource.
  'sns:Unsubscribe': '*',
  'sns:GetSubscriptionAttributes': '*',
  'sns:SetSubscriptionAttributes': '*',
};

/** What a service asks beside its handlers' permissions. */
const BESIDE: Record<string, Request[]> = {
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html
  'AWS::ApiGatewayV2::Api': [
    {
      action: 'iam:CreateServiceLinkedRole',
      resource: `arn:aws:iam::${ACCOUNT}:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway`,
      context: { 'iam:AWSServiceName': 'ops.apigateway.amazonaws.com' },
    },
  ],
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
  'AWS::ApiGatewayV2::Stage': [
    'CreateLogDelivery',
    'DeleteLogDelivery',
    'DescribeLogGroups',
    'DescribeResourcePolicies',
    'GetLogDelivery',
    'ListLogDeliveries',
    'PutResourcePolicy',
    'UpdateLogDelivery',
  ].map((name) => ({ action: `logs:${name}`, resource: '*' })),
};

type Handlers = Map<string, Map<string, string[]>>;

/** handlers.txt: by type and handler the actions. */
export function readHandlers(): Handlers {
  const text = readFileSync(new URL('./handlers.txt', import.meta.url), 'utf8');
  const types = text.split(/^(?=AWS::)/m).slice(1);
  return new Map(
    types.map((part) => {
      const [type = '', ...lists] = part.trimEnd().split(/\n {2}(?=\w)/);
      return [type, new Map(lists.map(readList))];
    }),
  );
}

function readList(list: string): [string, string[]] {
  const [handler = '', ...groups] = list.split(/\s+/);
  const actions = groups.flatMap((group) => {
    const [service, names = ''] = group.split(':');
    return names.split(',').map((name) => `${service}:${name}`);
  });
  return [handler, actions];
}

interface Asked {
  questions: Question[];
  /** What these tables do not answer. */
  faults: string[];
  /** Handlers' actions that IAM does not know. */
  unknown: string[];
}

/** Everything that is asked of whoever deploys a stage. */
export async function listQuestions(packaged: Packaged): Promise<Asked> {
  const handlers = readHandlers();
  const places = await locate(packaged);
  const asked: Asked = { questions: listCalls(places), faults: [], unknown: [] };
  for (const [id, { Type }] of Object.entries(packaged.Resources)) {
    const ofType = handlers.get(Type);
    if (!ofType) asked.faults.push(`handlers.txt lacks ${Type}`);
    for (const request of BESIDE[Type] ?? []) asked.questions.push({ ...request, asker: Type });
    for (const [handler, actions] of ofType ?? [])
      for (const action of actions.filter((each) => !isExempt(Type, each)))
        await askFor(action, `${Type} ${handler}`, id, places, asked);
  }
  return asked;
}

async function askFor(action: string, asker: string, id: string, places: Places, asked: Asked) {
  const targets = await findTargets(action);
  if (!targets) {
    asked.unknown.push(action);
    return;
  }
  const elsewhere = ASKED_ON[action];
  const arns = elsewhere ? [elsewhere] : chooseArns(targets, places.of(id));
  if (arns.length === 0) asked.faults.push(`${asker}: what is ${action} on, for ${id}?`);
  const context = action === 'iam:PassRole' ? PASSED : {};
  asked.questions.push(...arns.map((resource) => ({ asker, action, resource, context })));
}

function listCalls({ named }: Places): Question[] {
  const callers = { 'the framework': FRAMEWORK_CALLS, 'our commands': OWN_CALLS };
  return Object.entries(callers).flatMap(([caller, calls]) =>
    Object.entries(calls).flatMap(([call, asked]) =>
      asked.flatMap(({ action, on }) =>
        named[on].map((resource) => ({ asker: `${caller} (${call})`, action, resource })),
      ),
    ),
  );
}

const PASSED = { 'iam:PassedToService': 'lambda.amazonaws.com' };

/** What is not allowed, a line each. */
export function findRefused(statements: PolicyStatement[], questions: Question[]): string[] {
  const refused = questions.filter((question) => !isAllowed(statements, question));
  return [
    ...new Set(refused.map(({ asker, action, resource }) => `${asker}: ${action} on ${resource}`)),
  ];
}

/** Exemptions that hold no longer, or never did. */
export function findWrongExemptions(packaged: Packaged): string[] {
  const handlers = readHandlers();
  return EXEMPT.flatMap(({ type, actions, unless, reason }) => {
    const listed = [...(handlers.get(type)?.values() ?? [])].flat();
    const resources = Object.values(packaged.Resources).filter(({ Type }) => Type === type);
    const text = JSON.stringify(resources.map(({ Properties }) => Properties));
    const used = unless.filter((property) => text.includes(`"${property}":`));
    return [
      ...used.map(
        (property) =>
          `${type} has ${property}, so it needs ${actions}; it is not so that ${reason}`,
      ),
      ...(listed.some((action) => matches(actions, action)) ? [] : [`${type} asks no ${actions}`]),
    ];
  });
}

function isExempt(type: string, action: string): boolean {
  return EXEMPT.some((each) => each.type === type && matches(each.actions, action));
}

/** Of each type of resource that an action is on: the resource itself, else what it refers to. */
function chooseArns(targets: Target[], { own, referred }: Arns): string[] {
  if (targets.length === 0) return ['*'];
  const required = targets.filter(({ isRequired }) => isRequired);
  return (required.length > 0 ? required : targets).flatMap((target) => {
    const found = own.filter(target.matches);
    return found.length > 0 ? found : referred.filter(target.matches);
  });
}
