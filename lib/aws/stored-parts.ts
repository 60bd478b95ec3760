import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  type ListPartsCommandOutput,
  type Part,
  type S3Client,
} from '@aws-sdk/client-s3';

/** Parts of multipart uploads that S3 holds. */
export type StoredParts = ReturnType<typeof createStoredParts>;

export interface StoredPart {
  number: number;
  bytes: number;
  /** As S3 tells it: in quotes. */
  eTag: string;
  /** Base64, where they were announced. */
  checksums: Pick<CompletedPart, 'ChecksumSHA256' | 'ChecksumCRC32'>;
}

interface CompletedUpload {
  key: string;
  uploadId: string;
  /** Size of all parts together. */
  bytes: number;
  parts: readonly StoredPart[];
}

export function createStoredParts(s3: S3Client, bucket: string) {
  return {
    /** The parts by their numbers; undefined where the upload is no more. */
    async list(key: string, uploadId: string): Promise<StoredPart[] | undefined> {
      const upload = { Bucket: bucket, Key: key, UploadId: uploadId };
      const parts: StoredPart[] = [];
      let page: ListPartsCommandOutput | undefined;
      try {
        // Not by the SDK's paginator: S3 names a next page after the last one, too.
        do {
          const PartNumberMarker = page?.NextPartNumberMarker;
          page = await s3.send(new ListPartsCommand({ ...upload, PartNumberMarker }));
          parts.push(...(page.Parts ?? []).map(readPart));
        } while (page.IsTruncated);
        return parts;
      } catch (error) {
        if (isNamed(error, 'NoSuchUpload')) return undefined;
        throw error;
      }
    },

    /** Makes the object; `gone` where the upload is no more, `changed` where a part is another one by now. */
    async complete(upload: CompletedUpload): Promise<'done' | 'gone' | 'changed'> {
      const command = new CompleteMultipartUploadCommand({
        Bucket: bucket,
        Key: upload.key,
        UploadId: upload.uploadId,
        MpuObjectSize: upload.bytes,
        MultipartUpload: { Parts: upload.parts.map(writePart) },
      });
      try {
        await s3.send(command);
        return 'done';
      } catch (error) {
        if (isNamed(error, 'NoSuchUpload')) return 'gone';
        if (isNamed(error, 'InvalidPart')) return 'changed';
        throw error;
      }
    },

    /** Whether the object is there. */
    async isComplete(key: string): Promise<boolean> {
      try {
        await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
        return true;
      } catch (error) {
        if (isNamed(error, 'NotFound') || isNamed(error, 'NoSuchKey')) return false;
        throw error;
      }
    },
  };
}

function readPart(part: Part): StoredPart {
  const { PartNumber: number = 0, Size: bytes = 0, ETag: eTag = '' } = part;
  const { ChecksumSHA256, ChecksumCRC32 } = part;
  return { number, bytes, eTag, checksums: { ChecksumSHA256, ChecksumCRC32 } };
}

function writePart({ number, eTag, checksums }: StoredPart): CompletedPart {
  return { PartNumber: number, ETag: eTag, ...checksums };
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
