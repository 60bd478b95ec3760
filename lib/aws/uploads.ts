import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';

interface VersionedObject {
  bucket: string;
  key: string;
  /** Only those of its versions that are this very content. */
  eTag?: string | undefined;
}

/** Where a bucket keeps versions, deleting an object only hides it: this removes them, for good, and says whether there was one. */
async function removeVersions(s3: S3Client, object: VersionedObject): Promise<boolean> {
  const { bucket: Bucket, key: Key } = object;
  let removed = false;
  let page: ListObjectVersionsCommandOutput | undefined;
  do {
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page ?? {};
    const from = { KeyMarker, VersionIdMarker };
    page = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key, ...from }));
    for (const VersionId of listOwn(page, object)) {
      await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      removed = true;
    }
  } while (page.IsTruncated);
  return removed;
}

function listOwn(page: ListObjectVersionsCommandOutput, { key, eTag }: VersionedObject): string[] {
  const { Versions = [], DeleteMarkers = [] } = page;
  const isAny = eTag === undefined;
  const wanted = Versions.filter((version) => isAny || version.ETag === eTag);
  // The prefix is that of longer keys, too.
  const own = [...wanted, ...(isAny ? DeleteMarkers : [])].filter(({ Key }) => Key === key);
  return own.flatMap(({ VersionId }) => VersionId ?? []);
}

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
  const isNotified = typeof metadata === 'object' && metadata !== null && 'attempts' in metadata;
  return isNotified && Number(metadata.attempts) > 1;
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
