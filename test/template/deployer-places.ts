import { createPackagedResolver } from './deployed.ts';
import { listReferences } from './graph.ts';
import type { Packaged, Resource } from './package-stage.ts';

// The ARNs that a stage's resources have, or would have: many get their name or id as they are made.

export const REGION = 'us-east-1';
export const ACCOUNT = '111122223333';
const HERE = `${REGION}:${ACCOUNT}`;
const API = `arn:aws:apigateway:${REGION}::/apis`;
/** As CloudFormation and the services make them. */
const SUFFIX = '-1a2b3c4d5e6f';
const UUID = '12345678-1234-1234-1234-123456789012';

/** What calls that belong to no resource of the template are on. */
export type Place =
  | 'any'
  | 'stack'
  | 'deployments'
  | 'packages'
  | 'functions'
  | 'page'
  | 'pageFiles'
  | 'table'
  | 'secrets';

export interface Arns {
  own: string[];
  /** Of the resources that its properties name. */
  referred: string[];
}

export type Places = Awaited<ReturnType<typeof locate>>;

export async function locate(packaged: Packaged) {
  const { Resources } = packaged;
  const resolve = createPackagedResolver(packaged);
  const stack = readStackName(packaged);
  const own = new Map<string, string[]>();
  for (const [id, { Type, Properties }] of Object.entries(Resources)) {
    const given = NAMED_BY.map((name) => Properties[name]).find((value) => value !== undefined);
    const name = given === undefined ? `${stack}-${id}${SUFFIX}` : String(await resolve(given, id));
    own.set(id, describeArns(Type, name));
  }
  const ofType = (type: string) =>
    Object.keys(Resources).flatMap((id) =>
      Resources[id]?.Type === type ? (own.get(id) ?? []) : [],
    );
  const named: Record<Place, string[]> = {
    any: ['*'],
    stack: [`arn:aws:cloudformation:${HERE}:stack/${stack}/${UUID}`],
    deployments: bucketOf('ServerlessDeploymentBucket').slice(0, 1),
    packages: bucketOf('ServerlessDeploymentBucket').slice(1),
    functions: ofType('AWS::Lambda::Function'),
    page: bucketOf('PageBucket').slice(0, 1),
    pageFiles: bucketOf('PageBucket').slice(1),
    table: ofType('AWS::DynamoDB::Table'),
    secrets: ofType('AWS::SecretsManager::Secret'),
  };
  function bucketOf(id: string): string[] {
    return own.get(id) ?? [];
  }
  return {
    named,
    of(id: string): Arns {
      const { Properties } = Resources[id] as Resource;
      const referred = [...new Set(listReferences(Properties))].flatMap(
        (each) => own.get(each) ?? [],
      );
      return { own: own.get(id) ?? [], referred };
    },
  };
}

const NAMED_BY = [
  'AlarmName',
  'AliasName',
  'BucketName',
  'DashboardName',
  'FunctionName',
  'LogGroupName',
  'Name',
  'QueueName',
  'TableName',
  'TopicName',
];

function readStackName({ Resources }: Packaged): string {
  const name = Object.values(Resources).find(({ Type }) => Type === 'AWS::Lambda::Function')
    ?.Properties.FunctionName;
  return String(name).split('-').slice(0, 2).join('-');
}

function describeArns(type: string, name: string): string[] {
  switch (type.replace('AWS::', '')) {
    case 'ApiGatewayV2::Api':
      return [API, `${API}/a1b2c3`, tagsOf(`${API}/a1b2c3`)];
    case 'ApiGatewayV2::Integration':
      return [`${API}/a1b2c3/integrations`, `${API}/a1b2c3/integrations/d4e5f6`];
    case 'ApiGatewayV2::Route':
      return [`${API}/a1b2c3/routes`, `${API}/a1b2c3/routes/d4e5f6`];
    case 'ApiGatewayV2::Stage':
      return [
        `${API}/a1b2c3/stages`,
        `${API}/a1b2c3/stages/$default`,
        tagsOf(`${API}/a1b2c3/stages/$default`),
      ];
    case 'CloudFront::Distribution':
      return [`arn:aws:cloudfront::${ACCOUNT}:distribution/E1A2B3C4D5E6F7`];
    case 'CloudFront::OriginAccessControl':
      return [`arn:aws:cloudfront::${ACCOUNT}:origin-access-control/E1A2B3C4D5E6F7`];
    case 'CloudFront::ResponseHeadersPolicy':
      return [`arn:aws:cloudfront::${ACCOUNT}:response-headers-policy/${UUID}`];
    case 'CloudWatch::Alarm':
      return [`arn:aws:cloudwatch:${HERE}:alarm:${name}`];
    case 'CloudWatch::Dashboard':
      return [`arn:aws:cloudwatch::${ACCOUNT}:dashboard/${name}`];
    case 'DynamoDB::Table':
      return [`arn:aws:dynamodb:${HERE}:table/${name}`];
    case 'IAM::Role':
      return [`arn:aws:iam::${ACCOUNT}:role/${name}`];
    case 'KMS::Alias':
      return [`arn:aws:kms:${HERE}:${name}`];
    case 'KMS::Key':
      return [`arn:aws:kms:${HERE}:key/${UUID}`];
    case 'Lambda::EventSourceMapping':
      return [`arn:aws:lambda:${HERE}:event-source-mapping:${UUID}`];
    case 'Lambda::Function':
      return [`arn:aws:lambda:${HERE}:function:${name}`];
    case 'Logs::LogGroup':
      return [`arn:aws:logs:${HERE}:log-group:${name}`];
    case 'S3::Bucket':
      return [`arn:aws:s3:::${name.toLowerCase()}`, `arn:aws:s3:::${name.toLowerCase()}/some/file`];
    case 'SecretsManager::Secret':
      return [`arn:aws:secretsmanager:${HERE}:secret:${name}-AbCdEf`];
    case 'SNS::Topic':
      return [`arn:aws:sns:${HERE}:${name}`];
    case 'SQS::Queue':
      return [`arn:aws:sqs:${HERE}:${name}`];
    default:
      return []; // asked for by what it refers to
  }
}

function tagsOf(arn: string): string {
  return `arn:aws:apigateway:${REGION}::/tags/${encodeURIComponent(arn)}`;
}
