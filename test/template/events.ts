import {
  createPackagedResolver,
  listOf,
  listResources,
  nameOf,
  readUploadBucketArn,
} from './deployed.ts';
import type { Packaged } from './package-stage.ts';

/** What calls each function: the API's contract, and the two queues. */
const EVENTS = [
  'POST /v1/uploads → create-upload',
  'POST /v1/uploads/{id}/parts → sign-parts',
  'GET /v1/uploads/{id}/parts → list-parts',
  'POST /v1/uploads/{id}/complete → complete-upload',
  'DELETE /v1/uploads/{id} → cancel-upload',
  'GET /v1/analyses/{id} → get-analysis',
  'GET /v1/analyses → list-analyses',
  'DELETE /v1/analyses/{id} → delete-analysis',
  'DELETE /v1/clients/me/data → delete-data',
  'GET /v1/usage → get-usage',
  'POST /v1/estimates → create-estimate',
  'POST /v1/webhooks → create-webhook',
  'GET /v1/webhooks → list-webhooks',
  'DELETE /v1/webhooks/{id} → delete-webhook',
  'GET /v1/webhooks/{id}/deliveries → list-deliveries',
  'POST /v1/webhooks/{id}/deliveries/{eventId}/replay → replay-delivery',
  'WebhookQueue → deliver-webhook',
  'WebhookQueue → WebhookDeadLetterQueue',
  'PUT /v1/analyzers/{name} → put-analyzer',
  'GET /v1/analyzers/{name} → get-analyzer',
  'GET /v1/analyzers → list-analyzers',
  'POST /v1/analyze → analyze',
  'POST /analyze → analyze',
  'POST /v1/tokens → create-token',
  'GET /health → get-health',
  'GET /openapi.json → get-openapi',
  'GET /health/ready → get-readiness',
  '$default → not-found',
  'UploadQueue → process-upload',
  'UploadDeadLetterQueue → fail-upload',
  'UploadQueue → UploadDeadLetterQueue',
  'uploads/ → UploadQueue',
  'drop/ → UploadQueue',
];

/** What is wrong with the event sources: one that is not there, not let in, or not known here. */
export async function findEventProblems(packaged: Packaged): Promise<string[]> {
  const found = [...listRoutes(packaged), ...listQueues(packaged), ...listNotices(packaged)];
  return [
    ...EVENTS.filter((event) => !found.includes(event)).map((event) => `missing: ${event}`),
    ...found.filter((event) => !EVENTS.includes(event)).map((event) => `unknown: ${event}`),
    ...findUncallable(packaged),
    ...(await findUnheard(packaged)),
  ];
}

function listRoutes(packaged: Packaged): string[] {
  return listResources(packaged, 'AWS::ApiGatewayV2::Route').flatMap(([, { Properties }]) => {
    const integration = JSON.stringify(Properties.Target).match(/"(HttpApiIntegration\w+)"/)?.[1];
    const uri = packaged.Resources[integration ?? '']?.Properties.IntegrationUri;
    const name = functionOf(packaged, uri);
    return name ? [`${Properties.RouteKey} → ${name}`] : [];
  });
}

function functionOf(packaged: Packaged, reference: unknown): string | undefined {
  const id = JSON.stringify(reference ?? null).match(/"(\w+LambdaFunction)"/)?.[1] ?? '';
  const name = packaged.Resources[id]?.Properties.FunctionName;
  return name && nameOf(name);
}

function listQueues(packaged: Packaged): string[] {
  const polled = listResources(packaged, 'AWS::Lambda::EventSourceMapping').map(
    ([, { Properties }]) =>
      `${Properties.EventSourceArn['Fn::GetAtt'][0]} → ${functionOf(packaged, Properties.FunctionName)}`,
  );
  const redriven = listResources(packaged, 'AWS::SQS::Queue').flatMap(([id, { Properties }]) => {
    const target = Properties.RedrivePolicy?.deadLetterTargetArn['Fn::GetAtt'][0];
    return target ? [`${id} → ${target}`] : [];
  });
  return [...polled, ...redriven];
}

interface Notice {
  Queue: { 'Fn::GetAtt': string[] };
  Filter: { S3Key: { Rules: { Value: string }[] } };
}

function listNotices(packaged: Packaged): string[] {
  const bucket = packaged.Resources.UploadBucket?.Properties;
  const notices: Notice[] = bucket?.NotificationConfiguration?.QueueConfigurations ?? [];
  return notices.map(
    ({ Queue, Filter }) => `${Filter.S3Key.Rules[0]?.Value} → ${Queue['Fn::GetAtt'][0]}`,
  );
}

/** The API may call a function only where that function says so. */
function findUncallable(packaged: Packaged): string[] {
  const callable = listResources(packaged, 'AWS::Lambda::Permission').map(([, { Properties }]) =>
    functionOf(packaged, Properties.FunctionName),
  );
  const called = listRoutes(packaged).map((route) => route.split(' → ')[1]);
  return called
    .filter((name) => !callable.includes(name))
    .map((name) => `API may not call ${name}`);
}

/** S3 may send to the queue only where the queue's policy names the bucket. */
async function findUnheard(packaged: Packaged): Promise<string[]> {
  const resolve = createPackagedResolver(packaged);
  const bucket = await readUploadBucketArn(packaged);
  const policies = listResources(packaged, 'AWS::SQS::QueuePolicy');
  const statements = policies.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
  const resolved = (await resolve(statements, 'policies')) as {
    Effect: string;
    Action: string;
    Principal: { Service?: string };
    Condition: Record<string, Record<string, string>>;
  }[];
  const heard = resolved.some(
    ({ Effect, Action, Principal, Condition }) =>
      Effect === 'Allow' &&
      listOf(Action).includes('sqs:SendMessage') &&
      Principal.Service === 's3.amazonaws.com' &&
      Condition.ArnEquals?.['aws:SourceArn'] === bucket,
  );
  return heard ? [] : ['S3 may not send to the queue'];
}
