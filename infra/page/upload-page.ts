import { globSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import {
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};
/** An asset's name holds its hash. All else is asked for anew each time, so nothing has to be told to CloudFront. */
const FOR_EVER = 'public, max-age=31536000, immutable';
const ANEW = 'no-cache';

/**
 * Puts the built page into its bucket: what its documents name before the documents. Assets of earlier
 * builds stay, for pages that are open. Throws for a file of a type that is not known here.
 */
export async function uploadPage(s3: S3Client, bucket: string, folder: string): Promise<string[]> {
  const names = globSync('**/*.*', { cwd: folder }).map((name) => name.replaceAll(sep, '/'));
  const isAsset = (name: string) => name.startsWith('assets/');
  const ordered = [...names.filter(isAsset), ...names.filter((name) => !isAsset(name)).toSorted()];
  for (const name of ordered) {
    const ContentType = TYPES[extname(name)];
    if (!ContentType) throw new Error(`${name} is of no type that the page is known to have`);
    const Body = readFileSync(join(folder, name));
    const CacheControl = isAsset(name) ? FOR_EVER : ANEW;
    await s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: name, Body, ContentType, CacheControl }),
    );
  }
  // What a laptop's stack tells the page is nobody's business here.
  const config = { Bucket: bucket, Key: 'config.json', Body: '{}', CacheControl: ANEW };
  await s3.send(new PutObjectCommand({ ...config, ContentType: TYPES['.json'] }));
  return [...ordered, 'config.json'];
}

/** CloudFormation deletes empty buckets only. */
export async function emptyBucket(s3: S3Client, bucket: string): Promise<number> {
  let removed = 0;
  for (;;) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    const Objects = Contents.flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
    if (Objects.length === 0) return removed;
    await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
    removed += Objects.length;
  }
}
