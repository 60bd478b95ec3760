import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Segment } from './bodies.ts';

export const storedChecksums = z.object({
  crc32: z.string().exactOptional(),
  crc32c: z.string().exactOptional(),
  crc64nvme: z.string().exactOptional(),
  sha1: z.string().exactOptional(),
  sha256: z.string().exactOptional(),
});

/** What a client may say of an object beside its bytes. */
export const objectDetail = z.object({
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
      // A statement of its own for each scan: two lists may be under way at once.
      const rows = database.prepare(scan(inclusive ? '>=' : '>')).iterate(bucket, after);
      for (const row of rows) yield summaryRow.parse(row);
    },
  };
}
