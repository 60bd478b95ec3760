import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Segment } from './bodies.ts';

const storedChecksums = z.object({
  crc32: z.string().exactOptional(),
  crc32c: z.string().exactOptional(),
  crc64nvme: z.string().exactOptional(),
  sha1: z.string().exactOptional(),
  sha256: z.string().exactOptional(),
});

/** An object's properties beside its bytes. */
const objectDetail = z.object({
  /** Content-Type and the other headers that S3 keeps, by name in lower case. */
  headers: z.record(z.string(), z.string()),
  /** User metadata, without the `x-amz-meta-`. */
  metadata: z.record(z.string(), z.string()),
  tags: z.array(z.object({ key: z.string(), value: z.string() })),
  checksums: storedChecksums,
  checksumType: z.enum(['FULL_OBJECT', 'COMPOSITE']),
});

const segments = z.array(z.object({ file: z.string(), size: z.number() }));

const summaryRow = z.object({
  key: z.string(),
  size: z.number(),
  etag: z.string(),
  modified: z.number(),
});

const objectRow = summaryRow.extend({
  bucket: z.string(),
  segments: z.string().transform((text) => segments.parse(JSON.parse(text))),
  detail: z.string().transform((text) => objectDetail.parse(JSON.parse(text))),
});

export type ObjectDetail = z.infer<typeof objectDetail>;
export type Tag = ObjectDetail['tags'][number];
/** An object as lists show it; `modified` in milliseconds since 1970, `etag` without its quotes. */
export type ObjectSummary = z.infer<typeof summaryRow>;

export interface StoredObject extends ObjectSummary {
  bucket: string;
  segments: Segment[];
  detail: ObjectDetail;
}

export interface ObjectTable {
  find(bucket: string, key: string): StoredObject | undefined;
  put(object: StoredObject): void;
  remove(bucket: string, key: string): void;
  /** The objects whose keys come after `after` (or at it, with `inclusive`), in byte order of their keys. */
  scan(bucket: string, after: string, inclusive: boolean): IterableIterator<ObjectSummary>;
}

export function createObjectTable(database: DatabaseSync): ObjectTable {
  const select = database.prepare('SELECT * FROM s3_objects WHERE bucket = ? AND key = ?');
  const remove = database.prepare('DELETE FROM s3_objects WHERE bucket = ? AND key = ?');
  const upsert = database.prepare(
    `INSERT OR REPLACE INTO s3_objects (bucket, key, size, etag, modified, segments, detail)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const scan = (comparison: '>' | '>='): string =>
    `SELECT key, size, etag, modified FROM s3_objects
      WHERE bucket = ? AND key ${comparison} ? ORDER BY key`;
  return {
    find: (bucket, key) => {
      const row = select.get(bucket, key);
      return row && objectRow.parse(row);
    },
    put: ({ bucket, key, size, etag, modified, segments, detail }) => {
      const texts = [JSON.stringify(segments), JSON.stringify(detail)] as const;
      upsert.run(bucket, key, size, etag, modified, ...texts);
    },
    remove: (bucket, key) => {
      remove.run(bucket, key);
    },
    scan: function* (bucket, after, inclusive) {
      // Each scan has its own statement: two lists may run at once.
      const rows = database.prepare(scan(inclusive ? '>=' : '>')).iterate(bucket, after);
      for (const row of rows) yield summaryRow.parse(row);
    },
  };
}

const uploadDetail = z.object({
  object: objectDetail,
  /** The finished object's checksum, and whether it covers all bytes or the parts' checksums. */
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

/** An unfinished multipart upload; `started` in milliseconds since 1970. */
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
