import type { CorsRule } from './buckets.ts';
import { CONFIGURATION_ID } from './notifications.ts';
import { collectText, type S3Reply, type S3Request, xmlReply } from './request.ts';
import { s3Error } from './s3-error.ts';
import type { Storage } from './storage.ts';
import { buildXml, parseXml, readText } from './xml.ts';

/** The one account's canonical user id, as lists show it. */
export const OWNER = { ID: '0'.repeat(64), DisplayName: 'laptop' };

export function listBuckets(storage: Storage): S3Reply {
  const Bucket = storage.buckets.list().map(({ name, created }) => ({
    Name: name,
    CreationDate: new Date(created).toISOString(),
  }));
  return xmlReply(buildXml('ListAllMyBucketsResult', { Owner: OWNER, Buckets: { Bucket } }));
}

/** As in us-east-1, creating one's own bucket again is no error. */
export async function createBucket(storage: Storage, request: S3Request): Promise<S3Reply> {
  const text = await collectText(request.payload);
  const tree = text === '' ? {} : parseXml(text, 'CreateBucketConfiguration');
  const location = readText(tree, 'LocationConstraint');
  if (location !== undefined && location !== storage.region) {
    throw s3Error('IllegalLocationConstraintException');
  }
  storage.buckets.create(request.bucket);
  return { status: 200, headers: { location: `/${request.bucket}` } };
}

export function headBucket(storage: Storage, request: S3Request): S3Reply {
  storage.buckets.require(request.bucket);
  return { status: 200, headers: { 'x-amz-bucket-region': storage.region } };
}

export function getBucketLocation(storage: Storage, request: S3Request): S3Reply {
  storage.buckets.require(request.bucket);
  // S3's oldest region is the one without a name.
  const region = storage.region === 'us-east-1' ? '' : storage.region;
  const xml = buildXml('LocationConstraint', {});
  return xmlReply(xml.replace('></LocationConstraint>', `>${region}</LocationConstraint>`));
}

export function getBucketCors(storage: Storage, request: S3Request): S3Reply {
  const { cors } = storage.buckets.require(request.bucket);
  if (cors.length === 0) throw s3Error('NoSuchCORSConfiguration', { BucketName: request.bucket });
  return xmlReply(buildXml('CORSConfiguration', { CORSRule: cors.map(describeRule) }));
}

function describeRule(rule: CorsRule): Record<string, string[] | number | undefined> {
  return {
    AllowedOrigin: rule.allowedOrigins,
    AllowedMethod: rule.allowedMethods,
    AllowedHeader: rule.allowedHeaders,
    ExposeHeader: rule.exposedHeaders,
    MaxAgeSeconds: rule.maxAgeSeconds,
  };
}

export function getBucketNotification(storage: Storage, request: S3Request): S3Reply {
  const { notifications } = storage.buckets.require(request.bucket);
  const QueueConfiguration = notifications.map(({ queueName, events, prefix, suffix }) => {
    const rules = [
      ...(prefix === undefined ? [] : [{ Name: 'Prefix', Value: prefix }]),
      ...(suffix === undefined ? [] : [{ Name: 'Suffix', Value: suffix }]),
    ];
    return {
      Id: CONFIGURATION_ID,
      Queue: `arn:aws:sqs:${storage.region}:${storage.accountId}:${queueName}`,
      Event: events,
      ...(rules.length > 0 && { Filter: { S3Key: { FilterRule: rules } } }),
    };
  });
  return xmlReply(buildXml('NotificationConfiguration', { QueueConfiguration }));
}
