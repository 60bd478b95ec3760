import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { DAYS_TAG, describeKept } from './kept-days.ts';
import { removeVersions } from './object-versions.ts';
import { createStoredFile, type StoredFile } from './stored-file.ts';

/** The bucket that clients upload to. */
export type Uploads = ReturnType<typeof createUploads>;

export interface SignedUpload {
  method: 'POST';
  url: string;
  fields: Record<string, string>;
  expiresAt: string;
  maxBytes: number;
}

export interface SignUploadOptions {
  key: string;
  contentType: string;
  minBytes: number;
  maxBytes: number;
  expiresInSeconds: number;
  /** Of the file, once it is there; left out: as long as the bucket keeps any. */
  keptDays?: number | undefined;
  /** Epoch milliseconds. */
  now: number;
}

export function createUploads(s3: S3Client, bucket: string) {
  return {
    bucket,

    /** Signs a form POST that fixes key, content type and size range; S3 holds the client to it. */
    async sign(options: SignUploadOptions): Promise<SignedUpload> {
      const { url, fields } = await createPresignedPost(s3, {
        Bucket: bucket,
        Key: options.key,
        Fields: { 'Content-Type': options.contentType, ...describeTagging(options.keptDays) },
        Conditions: [['content-length-range', options.minBytes, options.maxBytes]],
        Expires: options.expiresInSeconds,
      });
      const expiresAt = new Date(options.now + options.expiresInSeconds * 1000).toISOString();
      return { method: 'POST', url, fields, expiresAt, maxBytes: options.maxBytes };
    },

    async put(
      key: string,
      bytes: Uint8Array,
      contentType: string,
      keptDays?: number,
    ): Promise<void> {
      const object = { Bucket: bucket, Key: key, Body: bytes, ContentType: contentType };
      await s3.send(new PutObjectCommand({ ...object, ...describeKept(keptDays) }));
    },

    /** Undefined where the object is gone. What is opened is closed by who opened it. */
    async open(key: string, signal: AbortSignal): Promise<StoredFile | undefined> {
      const place = { Bucket: bucket, Key: key };
      const asked = s3.send(new GetObjectCommand(place), { abortSignal: signal });
      const answer = await asked.catch(undefinedIfMissing);
      if (!answer?.Body) return undefined;
      return createStoredFile(s3, place, { ...answer, Body: answer.Body }, signal);
    },

    /**
     * Removes the object and says whether there was one.
     * With an ETag: only if it is still that object, for the key may have been written again.
     */
    async remove(key: string, eTag?: string): Promise<boolean> {
      const head = new HeadObjectCommand({ Bucket: bucket, Key: key });
      const found = await s3.send(head).catch(undefinedIfMissing);
      if (!found || (eTag !== undefined && found.ETag !== eTag)) return false;
      // Only a bucket that a stage brings along may keep them: our own keep no versions.
      if (found.VersionId !== undefined) return removeVersions(s3, { bucket, key, eTag });
      const IfMatch = found.ETag;
      return s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, IfMatch })).then(
        () => true,
        (error: unknown) => {
          if (isNamed(error, 'PreconditionFailed')) return false;
          throw error;
        },
      );
    },
  };
}

/** The same tag as a form has it; S3 takes it as XML there. */
function describeTagging(days: number | undefined): Record<string, string> {
  if (days === undefined) return {};
  const tag = `<Tag><Key>${DAYS_TAG}</Key><Value>${days}</Value></Tag>`;
  return { tagging: `<Tagging><TagSet>${tag}</TagSet></Tagging>` };
}

function undefinedIfMissing(error: unknown): undefined {
  if (isNamed(error, 'NoSuchKey') || isNamed(error, 'NotFound')) return undefined;
  throw error;
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
