import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Settings } from '../config.ts';
import { awsDefaults } from './connections.ts';

type Places = Pick<Settings, 'UPLOAD_BUCKET' | 'RESULT_BUCKET' | 'UPLOAD_QUEUE_URL'>;

/** A harmless call for each bucket and for the queue. */
export function connectAwsProbes(config: Places) {
  const s3 = new S3Client(awsDefaults);
  const sqs = new SQSClient(awsDefaults);
  const queue = { QueueUrl: config.UPLOAD_QUEUE_URL, AttributeNames: ['QueueArn' as const] };
  return {
    uploads: () => s3.send(new HeadBucketCommand({ Bucket: config.UPLOAD_BUCKET })),
    results: () => s3.send(new HeadBucketCommand({ Bucket: config.RESULT_BUCKET })),
    queue: () => sqs.send(new GetQueueAttributesCommand(queue)),
  };
}
