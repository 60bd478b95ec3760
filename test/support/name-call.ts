// The names of AWS calls in test/template/calls.ts, for calls as they are sent.

interface SentCall {
  method: string;
  /** Path and query. */
  url: string;
  /** `x-amz-target`. */
  target: string | string[] | undefined;
  body: Buffer;
}

const SERVICES: Record<string, string> = {
  DynamoDB: 'dynamodb',
  AmazonSQS: 'sqs',
  secretsmanager: 'secretsmanager',
};

/** `dynamodb:UpdateItem analysis`, `s3:PutObject results/results`, `sqs:SendMessageBatch webhooks`. */
export function nameCall({ method, url, target, body }: SentCall): string {
  if (typeof target !== 'string') return nameS3(method, new URL(url, 'http://s3'));
  const [, api = '', operation = ''] = /^(\w+?)(?:_\d+)?\.(\w+)$/.exec(target) ?? [];
  const service = SERVICES[api] ?? api;
  return `${service}:${operation} ${nameSubject(service, JSON.parse(String(body)))}`;
}

// biome-ignore lint/suspicious/noExplicitAny: each service's own
function nameSubject(service: string, input: any): string {
  if (service === 'secretsmanager')
    return /door/.test(input.SecretId) ? 'DoorSecret' : 'GeminiSecret';
  if (service === 'sqs') return nameQueue(input.QueueUrl);
  return input.IndexName ?? String((input.Key ?? input.Item)?.pk.S).split('#')[0];
}

function nameQueue(url: string): string {
  if (/webhook/i.test(url)) return 'WebhookQueue';
  return /dead/i.test(url) ? 'UploadDeadLetterQueue' : 'UploadQueue';
}

function nameS3(method: string, { pathname, searchParams }: URL): string {
  const [, bucket = '', folder] = pathname.split('/');
  const name = /-(uploads|results)-\d+$/.exec(bucket)?.[1] ?? bucket;
  return `s3:${nameOperation(method, searchParams, folder)} ${folder ? `${name}/${folder}` : name}`;
}

/** By method, and what stands in the query; the first that fits. */
const OPERATIONS: [method: string, parameter: string | undefined, operation: string][] = [
  ['HEAD', undefined, 'HeadObject'],
  ['POST', 'uploads', 'CreateMultipartUpload'],
  ['POST', 'uploadId', 'CompleteMultipartUpload'],
  ['PUT', 'partNumber', 'UploadPart'],
  ['PUT', undefined, 'PutObject'],
  ['DELETE', 'uploadId', 'AbortMultipartUpload'],
  ['DELETE', 'versionId', 'DeleteObjectVersion'],
  ['DELETE', undefined, 'DeleteObject'],
  ['GET', 'versions', 'ListObjectVersions'],
  ['GET', 'uploadId', 'ListParts'],
  ['GET', undefined, 'GetObject'],
];

function nameOperation(method: string, query: URLSearchParams, folder: string | undefined): string {
  if (method === 'HEAD' && !folder) return 'HeadBucket';
  const found = OPERATIONS.find(
    ([of, parameter]) => of === method && (parameter === undefined || query.has(parameter)),
  );
  return found?.[2] ?? method;
}
