import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Settings } from '../config.ts';
import { awsDefaults, connectQueues } from './connections.ts';

type Places = Pick<Settings, 'UPLOAD_BUCKET' | 'RESULT_BUCKET' | 'UPLOAD_QUEUE_URL'>;

/** A harmless call for each bucket and for the queue. */
export function connectAwsProbes(config: Places) {
  const s3 = new S3Client(awsDefaults);
  const call = connectQueues();
  const queue = { QueueUrl: config.UPLOAD_QUEUE_URL, AttributeNames: ['QueueArn'] };
  return {
    uploads: () => s3.send(new HeadBucketCommand({ Bucket: config.UPLOAD_BUCKET })),
    results: () => s3.send(new HeadBucketCommand({ Bucket: config.RESULT_BUCKET })),
    queue: () => call('GetQueueAttributes', queue),
  };
}
