import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  buildCanonicalRequest,
  buildStringToSign,
  deriveSigningKey,
  signText,
} from '../src/cloud/canonical-request.ts';
import { startCloud } from '../src/cloud/cloud.ts';
import type { AwsCall } from '../src/cloud/endpoint.ts';
import { CREDENTIALS, readRefusal, refusalOf, type S3Fixture, startS3 } from './s3-fixture.ts';

const calls: AwsCall[] = [];
let s3: S3Fixture;
beforeAll(async () => {
  s3 = await startS3({ onCall: (call) => calls.push(call) });
});
afterAll(() => s3.close());

const configure = (change: object = {}) => ({
  endpoint: s3.cloud.endpoint,
  region: 'us-east-1',
  maxAttempts: 1,
  credentials: { ...CREDENTIALS, ...change },
});

const listAll = (change: object = {}) => [
  new SQSClient(configure(change)).send(new ListQueuesCommand({})),
  new DynamoDBClient(configure(change)).send(new ListTablesCommand({})),
  new SecretsManagerClient(configure(change)).send(new ListSecretsCommand({})),
];

describe('given one endpoint for all services', () => {
  test('when each SDK client calls it, the signature’s scope finds the service', async () => {
    await Promise.all(listAll());
    await s3.client.send(new ListBucketsCommand({}));
    expect(calls).toEqual(
      expect.arrayContaining([
        { service: 'sqs', operation: 'ListQueues', status: 200, input: {} },
        { service: 'dynamodb', operation: 'ListTables', status: 200, input: {} },
        { service: 'secretsmanager', operation: 'ListSecrets', status: 200, input: {} },
        { service: 's3', operation: 'ListBuckets', status: 200, input: { Bucket: '', Key: '' } },
      ]),
    );
  });

  test('when a name follows the access key, the call is told as that one’s; with another key none is let in', async () => {
    const named = { accessKeyId: `${CREDENTIALS.accessKeyId}.a-function` };
    await Promise.all(listAll(named));
    await s3
      .connect({ credentials: { ...CREDENTIALS, ...named } })
      .send(new ListBucketsCommand({}));
    const told = calls.filter(({ caller }) => caller === 'a-function');
    expect(new Set(told.map(({ service }) => service)).size).toBe(4);
    const stranger = await Promise.all(
      listAll({ accessKeyId: 'AKIANOBODY.a-function' }).map(refusalOf),
    );
    expect(stranger).toEqual(Array(3).fill('400 UnrecognizedClientException'));
  });

  test('when the secret or the access key is wrong, each service refuses in its own words', async () => {
    const wrongSecret = await Promise.all(listAll({ secretAccessKey: 'wrong' }).map(refusalOf));
    expect(wrongSecret).toEqual(Array(3).fill('400 InvalidSignatureException'));
    const unknownKey = await Promise.all(listAll({ accessKeyId: 'AKIANOBODY' }).map(refusalOf));
    expect(unknownKey).toEqual(Array(3).fill('400 UnrecognizedClientException'));
  });

  test('when a JSON call is not signed at all, it is refused', async () => {
    const headers = {
      'x-amz-target': 'DynamoDB_20120810.ListTables',
      'content-type': 'application/x-amz-json-1.0',
    };
    const answer = await fetch(s3.cloud.endpoint, { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('MissingAuthenticationTokenException');
  });

  test('when the body is another than the one signed, it is refused', async () => {
    const client = new DynamoDBClient(configure());
    client.middlewareStack.add(
      (next) => (args) => {
        const request: unknown = args.request;
        if (typeof request === 'object' && request !== null && 'body' in request) {
          request.body = '{"Limit":1}';
        }
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    expect(await refusalOf(client.send(new ListTablesCommand({ Limit: 2 })))).toMatch(/^400/);
  });

  test('when a service is called that is not there, the answer is 501', async () => {
    const { host } = new URL(s3.cloud.endpoint);
    const amzDate = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const scope = { date: amzDate.slice(0, 8), region: 'us-east-1', service: 'sts' };
    const headers = new Map([
      ['host', host],
      ['x-amz-date', amzDate],
    ]);
    const canonical = buildCanonicalRequest(
      { method: 'POST', target: '/', headers },
      {
        signedHeaders: [...headers.keys()],
        payloadHash: createHash('sha256').update('Action=GetCallerIdentity').digest('hex'),
        doubleEncode: true,
      },
    );
    const key = deriveSigningKey(CREDENTIALS.secretAccessKey, scope);
    const signature = signText(key, buildStringToSign(amzDate, scope, canonical));
    const credential = `${CREDENTIALS.accessKeyId}/${scope.date}/us-east-1/sts/aws4_request`;
    const answer = await fetch(s3.cloud.endpoint, {
      method: 'POST',
      headers: {
        'x-amz-date': amzDate,
        authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host;x-amz-date, Signature=${signature}`,
      },
      body: 'Action=GetCallerIdentity',
    });
    expect(await readRefusal(answer)).toBe('501 UnknownService');
  });

  test('when a bucket is addressed by host name, that is refused as not implemented', async () => {
    const { port } = new URL(s3.cloud.endpoint);
    const headers = { host: `bucket.localhost:${port}` };
    const status = await new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: '/key', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(501);
  });
});

describe('given a data folder', () => {
  test('when the port is taken, the start fails, and the folder is free for the next', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'laptop-cloud-port-'));
    const port = Number(new URL(s3.cloud.endpoint).port);
    const options = { dataDir, credentials: CREDENTIALS };
    await expect(startCloud({ ...options, port })).rejects.toThrow(/EADDRINUSE/);
    const cloud = await startCloud({ ...options, port: 0 });
    await expect(startCloud({ ...options, port: 0 })).rejects.toThrow(/[Aa]nother/);
    await cloud.close();
    await rm(dataDir, { recursive: true });
  });
});
