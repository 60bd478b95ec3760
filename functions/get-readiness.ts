import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { createClients } from '../lib/aws/clients.ts';
import { awsDefaults, connectTable } from '../lib/aws/connections.ts';
import { readConfig } from '../lib/config.ts';
import { connectDoor } from '../lib/connect-door.ts';
import { createHttpHandler, type Guards } from '../lib/http.ts';
import { limitReads } from '../lib/limits.ts';
import { checkDependencies, type Probes } from '../lib/readiness.ts';

export function createHandler({ door, limit, probes }: Guards & { probes: Probes }) {
  return createHttpHandler({
    door,
    limit,
    scope: 'read',
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
  'DOOR',
  'READ_LIMIT_PER_MINUTE',
  'UPLOAD_BUCKET',
  'RESULT_BUCKET',
  'UPLOAD_QUEUE_URL',
  'GEMINI_SECRET_ID',
]);
const table = connectTable();
const clients = createClients(table, config.TABLE_NAME);
const s3 = new S3Client(awsDefaults);
const sqs = new SQSClient(awsDefaults);
const secrets = new SecretsManagerClient(awsDefaults);
const queue = { QueueUrl: config.UPLOAD_QUEUE_URL, AttributeNames: ['QueueArn' as const] };
export const handler = createHandler({
  door: connectDoor(table, config),
  limit: limitReads(table, config),
  probes: {
    table: () => clients.find('readiness'),
    uploads: () => s3.send(new HeadBucketCommand({ Bucket: config.UPLOAD_BUCKET })),
    results: () => s3.send(new HeadBucketCommand({ Bucket: config.RESULT_BUCKET })),
    queue: () => sqs.send(new GetQueueAttributesCommand(queue)),
    secret: () => secrets.send(new DescribeSecretCommand({ SecretId: config.GEMINI_SECRET_ID })),
  },
});
