import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { inTransaction } from '../database.ts';
import { s3Error } from './s3-error.ts';

const corsRule = z.object({
  allowedOrigins: z.array(z.string()),
  allowedMethods: z.array(z.string()),
  allowedHeaders: z.array(z.string()).exactOptional(),
  exposedHeaders: z.array(z.string()).exactOptional(),
  maxAgeSeconds: z.number().exactOptional(),
});

const notification = z.object({
  queueName: z.string(),
  prefix: z.string().exactOptional(),
  suffix: z.string().exactOptional(),
  /** As in S3's configuration: `s3:ObjectCreated:*`, `s3:ObjectRemoved:Delete`. */
  events: z.array(z.string()),
});

const bucketRow = z.object({
  name: z.string(),
  created: z.number(),
  cors: z.string().transform((text) => z.array(corsRule).parse(JSON.parse(text))),
  notifications: z.string().transform((text) => z.array(notification).parse(JSON.parse(text))),
});

export type CorsRule = z.infer<typeof corsRule>;
export type Notification = z.infer<typeof notification>;
export type Bucket = z.infer<typeof bucketRow>;

interface BucketOptions {
  name: string;
  cors?: CorsRule[] | undefined;
  notifications?: Notification[] | undefined;
}

/** A bucket as declared, with its lifecycle. */
interface DeclaredBucket extends BucketOptions {
  /** Days after which an unfinished multipart upload is aborted; undefined: never. */
  abortPartsAfterDays?: number | undefined;
}

export interface Buckets {
  /**
   * Creates the bucket, or gives an existing one these rules; idempotent. As S3 does, it sends an `s3:TestEvent`
   * to the queue of a new notification. Throws InvalidBucketName.
   */
  ensureBucket(options: DeclaredBucket): void;
  /** Applies the lifecycle rules. Runs every minute by itself. */
  sweep(): void;
}

export interface BucketStore {
  ensureBucket(options: BucketOptions): void;
  /** Creates a bucket without rules; leaves an existing one as it is. */
  create(name: string): void;
  find(name: string): Bucket | undefined;
  /** Throws NoSuchBucket. */
  require(name: string): Bucket;
  list(): Bucket[];
}

export function createBuckets(
  database: DatabaseSync,
  options: { now: () => number; announce: (bucket: string, notification: Notification) => void },
): BucketStore {
  const select = database.prepare('SELECT * FROM s3_buckets WHERE name = ?');
  const selectAll = database.prepare('SELECT * FROM s3_buckets ORDER BY name');
  const insert = database.prepare(
    `INSERT INTO s3_buckets (name, created, cors, notifications) VALUES (?, ?, '[]', '[]')
     ON CONFLICT (name) DO NOTHING`,
  );
  const update = database.prepare(
    'UPDATE s3_buckets SET cors = ?, notifications = ? WHERE name = ?',
  );

  const find = (name: string): Bucket | undefined => {
    const row = select.get(name);
    return row && bucketRow.parse(row);
  };
  const create = (name: string): void => {
    checkName(name);
    insert.run(name, options.now());
  };
  const ensureBucket = ({ name, cors = [], notifications = [] }: BucketOptions): void => {
    inTransaction(database, () => {
      create(name);
      const known = new Set(find(name)?.notifications.map((item) => JSON.stringify(item)));
      const wanted = z.array(notification).parse(notifications);
      update.run(JSON.stringify(cors), JSON.stringify(wanted), name);
      for (const item of wanted) {
        if (!known.has(JSON.stringify(item))) options.announce(name, item);
      }
    });
  };
  return {
    create,
    ensureBucket,
    find,
    require: (name) => {
      const bucket = find(name);
      if (bucket) return bucket;
      throw s3Error('NoSuchBucket', { BucketName: name });
    },
    list: () => selectAll.all().map((row) => bucketRow.parse(row)),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function checkName(name: string): void {
  const wellFormed = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name);
  const looksLikeAddress = /^\d+\.\d+\.\d+\.\d+$/.test(name);
  if (wellFormed && !looksLikeAddress && !name.includes('..')) return;
  throw s3Error('InvalidBucketName', { BucketName: name });
}
