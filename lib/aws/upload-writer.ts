import { describeKept } from './kept-days.ts';
import type { Objects } from './objects.ts';

/** Stores files in the place of a client: what a form brings along (`POST /v1/analyze`). */
export type UploadWriter = ReturnType<typeof createUploadWriter>;

export function createUploadWriter(objects: Objects) {
  return {
    async put(
      key: string,
      bytes: Uint8Array,
      contentType: string,
      keptDays?: number,
    ): Promise<void> {
      await objects.put(key, bytes, { 'content-type': contentType, ...describeKept(keptDays) });
    },
  };
}
