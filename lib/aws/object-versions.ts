import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';

export interface VersionedObject {
  bucket: string;
  key: string;
  /** Only those of its versions that are this very content. */
  eTag?: string | undefined;
}

/** Where a bucket keeps versions, deleting an object only hides it: this removes them, for good, and says whether there was one. */
export async function removeVersions(s3: S3Client, object: VersionedObject): Promise<boolean> {
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
