import { IncomingMessage } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  GetSecretValueCommand,
  type GetSecretValueCommandInput as SecretInput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  type GetQueueAttributesCommandInput as AttributesInput,
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  type ChangeMessageVisibilityCommandInput as HideInput,
  type SendMessageBatchCommandInput as SendInput,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Objects } from '../../lib/aws/objects.ts';
import type { OpenObject } from '../../lib/aws/stored-file.ts';
import { addOnce, type Table } from '../../lib/aws/table.ts';
import type { CallAws } from '../../lib/aws/wire/client.ts';

// In the place of lib/aws/connections.ts: what functions call AWS with where they use AWS' own clients, as
// anyone would write it. Credentials, region and endpoints are found by the clients.

export const awsDefaults = {};

export const boundCalls = (requestTimeout: number) => ({ requestHandler: { requestTimeout } });

export function connectTable(): Table {
  const marshallOptions = { removeUndefinedValues: true };
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(), { marshallOptions });
  return addOnce({
    get: async (input) => {
      const { Item } = await client.send(new GetCommand(input));
      return Item ? { Item } : {};
    },
    put: async (input) => tell(await client.send(new PutCommand(input))),
    update: async (input) => tell(await client.send(new UpdateCommand(input))),
    delete: async (input) => tell(await client.send(new DeleteCommand(input))),
    query: async (input) => {
      const { Items = [], LastEvaluatedKey } = await client.send(new QueryCommand(input));
      return { Items, LastEvaluatedKey };
    },
    scan: () => refuse('a scan'),
  });
}

function tell({ Attributes }: { Attributes?: Record<string, unknown> | undefined }) {
  return Attributes ? { Attributes } : {};
}

function refuse(what: string): never {
  throw new Error(`No function asks for ${what}.`);
}

// The casts of both: lib/aws writes these very inputs, for the protocol itself.

export function connectQueues(): CallAws {
  const client = new SQSClient();
  return async (operation, input) => {
    if (operation === 'ChangeMessageVisibility')
      return { ...(await client.send(new ChangeMessageVisibilityCommand(input as HideInput))) };
    if (operation === 'SendMessageBatch')
      return { ...(await client.send(new SendMessageBatchCommand(input as SendInput))) };
    if (operation === 'GetQueueAttributes')
      return { ...(await client.send(new GetQueueAttributesCommand(input as AttributesInput))) };
    return refuse(operation);
  };
}

export function connectSecrets(): CallAws {
  const client = new SecretsManagerClient();
  return async (_, input) => ({
    ...(await client.send(new GetSecretValueCommand(input as SecretInput))),
  });
}

export function connectBucket(Bucket: string): Objects {
  const client = new S3Client();
  return {
    put: async (Key, Body, headers) => {
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ...readHeaders(headers) }));
    },
    read: async (Key) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToString()) ?? '';
    },
    startParts: async (Key, headers) => {
      const start = { Bucket, Key, ...readHeaders(headers) };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(start));
      return UploadId ?? refuse('an upload without an id');
    },
    remove: async (Key) => {
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },
  };
}

export function connectReader(Bucket: string): OpenObject {
  const client = new S3Client({ responseChecksumValidation: 'WHEN_REQUIRED' });
  return async (Key, headers, abortSignal) => {
    const place = { Bucket, Key, Range: headers.range, IfMatch: headers['if-match'] };
    const { Body } = await client.send(new GetObjectCommand(place), { abortSignal });
    return Body instanceof IncomingMessage ? Body : refuse('another stream');
  };
}

function readHeaders(headers: Record<string, string>) {
  return {
    ContentType: headers['content-type'],
    CacheControl: headers['cache-control'],
    Tagging: headers['x-amz-tagging'],
  };
}
