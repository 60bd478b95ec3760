import type { DatabaseSync } from 'node:sqlite';

/** Creates storage's tables where they are missing. Keys sort by their UTF-8 bytes, as S3 lists them. */
export function createSchema(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE IF NOT EXISTS s3_buckets (
      name TEXT PRIMARY KEY,
      created INTEGER NOT NULL,
      cors TEXT NOT NULL,
      notifications TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS s3_objects (
      bucket TEXT NOT NULL,
      key TEXT NOT NULL,
      size INTEGER NOT NULL,
      etag TEXT NOT NULL,
      modified INTEGER NOT NULL,
      segments TEXT NOT NULL,
      detail TEXT NOT NULL,
      PRIMARY KEY (bucket, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS s3_uploads (
      id TEXT PRIMARY KEY,
      bucket TEXT NOT NULL,
      key TEXT NOT NULL,
      started INTEGER NOT NULL,
      detail TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS s3_uploads_by_key ON s3_uploads (bucket, key, id);
    CREATE TABLE IF NOT EXISTS s3_parts (
      upload TEXT NOT NULL REFERENCES s3_uploads (id),
      number INTEGER NOT NULL,
      size INTEGER NOT NULL,
      etag TEXT NOT NULL,
      modified INTEGER NOT NULL,
      file TEXT NOT NULL,
      checksums TEXT NOT NULL,
      PRIMARY KEY (upload, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS s3_sequence (last INTEGER NOT NULL) STRICT;
    INSERT INTO s3_sequence SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM s3_sequence);
  `);
}

/** The body files that some row names; all others are leftovers of a run that was killed. */
export function listKnownFiles(database: DatabaseSync): Set<string> {
  const rows = database
    .prepare(
      `SELECT json_extract(segment.value, '$.file') AS file
         FROM s3_objects, json_each(s3_objects.segments) AS segment
       UNION ALL SELECT file FROM s3_parts`,
    )
    .all();
  return new Set(rows.map((row) => String(row.file)));
}
