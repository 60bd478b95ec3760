import type { FileRow, FileStore } from './store.ts';

/** A file as files.get shows it. The digest is base64 of its hexadecimal digits, as Google's is. */
export function describeFile(store: FileStore, row: FileRow, baseUrl: string) {
  const { name, displayName, mimeType, bytes, createdAt, readyAt = createdAt, sha256 = '' } = row;
  const state = store.stateOf(row);
  return {
    name,
    displayName,
    mimeType,
    sizeBytes: String(bytes),
    createTime: new Date(createdAt).toISOString(),
    updateTime: new Date(readyAt).toISOString(),
    expirationTime: new Date(store.expiresAt(row)).toISOString(),
    sha256Hash: Buffer.from(sha256).toString('base64'),
    uri: `${baseUrl}/v1beta/${name}`,
    state,
    source: 'UPLOADED',
    ...(state === 'FAILED' && { error: { code: 3, message: 'Processing failed.' } }),
  };
}
