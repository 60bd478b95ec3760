import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { type Cloud, type CloudOptions, startCloud } from '../src/cloud/cloud.ts';

export const BUCKET = 'uploads-test';
export const CREDENTIALS = {
  accessKeyId: 'AKIATEST000000000000',
  secretAccessKey: 'a-secret-for/tests+only',
};

export interface S3Fixture {
  cloud: Cloud;
  dataDir: string;
  client: S3Client;
  /** Another client of the same endpoint. */
  connect(config?: S3ClientConfig): S3Client;
  url(key: string): string;
  /** The names of all body files on disk. */
  bodyFiles(): Promise<string[]>;
  close(): Promise<void>;
}

/** A whole cloud on a fresh folder, with one bucket. */
export async function startS3(options: Partial<CloudOptions> = {}): Promise<S3Fixture> {
  const dataDir = await mkdtemp(join(tmpdir(), 'laptop-cloud-s3-'));
  const cloud = await startCloud({ dataDir, port: 0, credentials: CREDENTIALS, ...options });
  cloud.buckets.ensureBucket({ name: BUCKET });
  const clients: S3Client[] = [];
  const connect = (config: S3ClientConfig = {}): S3Client => {
    const client = new S3Client({
      endpoint: cloud.endpoint,
      region: 'us-east-1',
      credentials: CREDENTIALS,
      forcePathStyle: true,
      maxAttempts: 1,
      ...config,
    });
    clients.push(client);
    return client;
  };
  return {
    cloud,
    dataDir,
    client: connect(),
    connect,
    url: (key) => `${cloud.endpoint}/${BUCKET}/${key}`,
    bodyFiles: () => readdir(join(dataDir, 'objects')),
    close: async () => {
      for (const client of clients) client.destroy();
      await cloud.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The code of an S3 error answer, with its HTTP status: `403 AccessDenied`. */
export async function readRefusal(response: Response): Promise<string> {
  const [, code = 'no code'] = /<Code>([^<]*)<\/Code>/.exec(await response.text()) ?? [];
  return `${response.status} ${code}`;
}

/** What an SDK call throws, as `403 AccessDenied`; `none` where it throws nothing. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'none';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const metadata = '$metadata' in error ? error.$metadata : undefined;
    const hasStatus = typeof metadata === 'object' && metadata !== null;
    const status =
      hasStatus && 'httpStatusCode' in metadata ? metadata.httpStatusCode : 'no status';
    return `${status} ${error.name}`;
  }
}
