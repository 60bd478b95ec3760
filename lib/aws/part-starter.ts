import { describeKept } from './kept-days.ts';
import type { Objects } from './objects.ts';

/** Begins uploads in parts. */
export type PartStarter = ReturnType<typeof createPartStarter>;

export interface StartPartsOptions {
  key: string;
  contentType: string;
  /** Of the file, once it is there; left out: as long as the bucket keeps any. */
  keptDays?: number | undefined;
  /** Which digest of each part S3 is to ask for. */
  checksum?: 'sha256' | 'crc32' | undefined;
}

/** `objects`: the bucket that clients upload to. */
export function createPartStarter(objects: Objects) {
  return {
    /** Answers with the upload's id. */
    async start({ key, contentType, keptDays, checksum }: StartPartsOptions): Promise<string> {
      return objects.startParts(key, {
        'content-type': contentType,
        ...describeKept(keptDays),
        ...(checksum && { 'x-amz-checksum-algorithm': checksum.toUpperCase() }),
      });
    },
  };
}
