import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { type Clients, createClients } from '../lib/aws/clients.ts';
import { awsDefaults, connectTable } from '../lib/aws/connections.ts';
import { readConfig } from '../lib/config.ts';
import { createHttpHandler } from '../lib/http.ts';
import { checkDependencies, type Probes } from '../lib/readiness.ts';

export function createHandler({ clients, probes }: { clients: Clients; probes: Probes }) {
  return createHttpHandler({
    clients,
    input: z.object({}),
    handle: async () => {
      const { ready, dependencies } = await checkDependencies(probes);
      const body = { status: ready ? 'ready' : 'unavailable', dependencies };
      return { status: ready ? 200 : 503, body };
    },
  });
}

const config = readConfig([
  'TABLE_NAME',
  'UPLOAD_BUCKET',
  'RESULT_BUCKET',
  'UPLOAD_QUEUE_URL',
  'GEMINI_SECRET_ID',
]);
const clients = createClients(connectTable(), config.TABLE_NAME);
const s3 = new S3Client(awsDefaults);
const sqs = new SQSClient(awsDefaults);
const secrets = new SecretsManagerClient(awsDefaults);
const queue = { QueueUrl: config.UPLOAD_QUEUE_URL, AttributeNames: ['QueueArn' as const] };
export const handler = createHandler({
  clients,
  probes: {
    table: () => clients.find('readiness'),
    uploads: () => s3.send(new HeadBucketCommand({ Bucket: config.UPLOAD_BUCKET })),
    results: () => s3.send(new HeadBucketCommand({ Bucket: config.RESULT_BUCKET })),
    queue: () => sqs.send(new GetQueueAttributesCommand(queue)),
    secret: () => secrets.send(new DescribeSecretCommand({ SecretId: config.GEMINI_SECRET_ID })),
  },
});
