import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { objectDetail, storedChecksums } from './objects.ts';

const uploadDetail = z.object({
  object: objectDetail,
  /** Which checksum the finished object is to have, and whether of all bytes or of the parts' checksums. */
  algorithm: z.enum(['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256']).exactOptional(),
  checksumType: z.enum(['FULL_OBJECT', 'COMPOSITE']),
});

const uploadRow = z.object({
  id: z.string(),
  bucket: z.string(),
  key: z.string(),
  started: z.number(),
  detail: z.string().transform((text) => uploadDetail.parse(JSON.parse(text))),
});

const partRow = z.object({
  number: z.number(),
  size: z.number(),
  etag: z.string(),
  modified: z.number(),
  file: z.string(),
  checksums: z.string().transform((text) => storedChecksums.parse(JSON.parse(text))),
});

/** An upload in parts that is under way; `started` in milliseconds since 1970. */
export type Upload = z.infer<typeof uploadRow>;
export type UploadDetail = Upload['detail'];
export type Part = z.infer<typeof partRow>;

export interface UploadTable {
  start(upload: Upload): void;
  find(id: string): Upload | undefined;
  list(bucket: string): Upload[];
  /** Removes the upload and its parts' rows. */
  remove(id: string): void;
  putPart(uploadId: string, part: Part): void;
  findPart(uploadId: string, number: number): Part | undefined;
  /** In the order of their numbers. */
  listParts(uploadId: string): Part[];
}

export function createUploadTable(database: DatabaseSync): UploadTable {
  const insert = database.prepare('INSERT INTO s3_uploads VALUES (?, ?, ?, ?, ?)');
  const select = database.prepare('SELECT * FROM s3_uploads WHERE id = ?');
  const selectAll = database.prepare('SELECT * FROM s3_uploads WHERE bucket = ? ORDER BY key, id');
  const remove = database.prepare('DELETE FROM s3_uploads WHERE id = ?');
  const removeParts = database.prepare('DELETE FROM s3_parts WHERE upload = ?');
  const upsertPart = database.prepare(
    'INSERT OR REPLACE INTO s3_parts VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const selectPart = database.prepare('SELECT * FROM s3_parts WHERE upload = ? AND number = ?');
  const selectParts = database.prepare('SELECT * FROM s3_parts WHERE upload = ? ORDER BY number');
  return {
    start: ({ id, bucket, key, started, detail }) => {
      insert.run(id, bucket, key, started, JSON.stringify(detail));
    },
    find: (id) => {
      const row = select.get(id);
      return row && uploadRow.parse(row);
    },
    list: (bucket) => selectAll.all(bucket).map((row) => uploadRow.parse(row)),
    remove: (id) => {
      removeParts.run(id); // first: the parts refer to the upload
      remove.run(id);
    },
    putPart: (uploadId, { number, size, etag, modified, file, checksums }) => {
      const text = JSON.stringify(checksums);
      upsertPart.run(uploadId, number, size, etag, modified, file, text);
    },
    findPart: (uploadId, number) => {
      const row = selectPart.get(uploadId, number);
      return row && partRow.parse(row);
    },
    listParts: (uploadId) => selectParts.all(uploadId).map((row) => partRow.parse(row)),
  };
}
