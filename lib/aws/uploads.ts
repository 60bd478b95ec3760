import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { removeVersions } from './object-versions.ts';

/** The bucket that clients upload to. */
export type Uploads = ReturnType<typeof createUploads>;

export function createUploads(s3: S3Client, bucket: string) {
  return {
    bucket,

    /** Ends an upload in parts, and removes them; false where it was no more. */
    async abortParts(Key: string, UploadId: string): Promise<boolean> {
      const abort = new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId });
      return s3.send(abort).then(
        () => true,
        (error: unknown) => {
          if (isNamed(error, 'NoSuchUpload')) return wasRepeated(error); // then it was ended by this call
          throw error;
        },
      );
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
          // Gone after a repetition: removed by this call, whose first answer was lost.
          if (isNamed(error, 'PreconditionFailed') || isMissing(error)) return wasRepeated(error);
          throw error;
        },
      );
    },
  };
}

function undefinedIfMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined;
  throw error;
}

function isMissing(error: unknown): boolean {
  return isNamed(error, 'NoSuchKey') || isNamed(error, 'NotFound');
}

/** Whether the SDK has sent the call more than once. */
function wasRepeated(error: unknown): boolean {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  const isTold = typeof metadata === 'object' && metadata !== null && 'attempts' in metadata;
  return isTold && Number(metadata.attempts) > 1;
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
