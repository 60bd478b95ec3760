import * as z from 'zod/mini';
import { type Objects, undefinedIfGone } from '../aws/objects.ts';
import { describeKept } from '../aws/upload-form.ts';

/** Results of more bytes than this as JSON go to S3: an item of the table holds 400 KB in all. */
export const MAX_INLINE_RESULT_BYTES = 300_000;

/** How long a browser may show a picture again without asking, in seconds: as long as its link is good. */
const PICTURE_CACHE_SECONDS = 900;

interface PictureToKeep {
  key: string;
  mediaType: string;
  bytes: Uint8Array;
  keptDays?: number | undefined;
}

/** The bucket of what is derived: pictures, and results that are too large for the table; apart from the uploads, so that storing one triggers nothing. */
export type Results = ReturnType<typeof createResults>;

const storedResult = z.record(z.string(), z.unknown());

export function createResults(objects: Objects) {
  async function put(key: string, json: string, keptDays?: number): Promise<void> {
    await objects.put(key, json, { 'content-type': 'application/json', ...describeKept(keptDays) });
  }

  return {
    put,

    async putPicture({ key, mediaType, bytes, keptDays }: PictureToKeep): Promise<void> {
      const cache = { 'cache-control': `private, max-age=${PICTURE_CACHE_SECONDS}` };
      await objects.put(key, bytes, {
        'content-type': mediaType,
        ...cache,
        ...describeKept(keptDays),
      });
    },

    async read(key: string): Promise<Record<string, unknown>> {
      return storedResult.parse(JSON.parse(await objects.read(key)));
    },

    /** As `read`; undefined where there is none. */
    async find(key: string): Promise<Record<string, unknown> | undefined> {
      const json = await objects.read(key).catch(undefinedIfGone);
      return json === undefined ? undefined : storedResult.parse(JSON.parse(json));
    },

    /** False where there is none. */
    async copy(from: string, to: string, keptDays?: number): Promise<boolean> {
      const json = await objects.read(from).catch(undefinedIfGone);
      if (json === undefined) return false;
      await put(to, json, keptDays);
      return true;
    },

    remove: objects.remove,
  };
}
