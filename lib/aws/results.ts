import * as z from 'zod';
import { describeKept } from './kept-days.ts';
import type { Objects } from './objects.ts';

/** Results of more bytes than this as JSON go to S3: an item of the table holds 400 KB in all. */
export const MAX_INLINE_RESULT_BYTES = 300_000;

/** The bucket of results that are too large for the table; apart from the uploads, so that storing one triggers nothing. */
export type Results = ReturnType<typeof createResults>;

const storedResult = z.record(z.string(), z.unknown());

export function createResults(objects: Objects) {
  async function put(key: string, json: string, keptDays?: number): Promise<void> {
    const { Tagging } = describeKept(keptDays);
    const tags = Tagging === undefined ? {} : { 'x-amz-tagging': Tagging };
    await objects.put(key, json, { 'content-type': 'application/json', ...tags });
  }

  return {
    put,

    async read(key: string): Promise<Record<string, unknown>> {
      return storedResult.parse(JSON.parse(await objects.read(key)));
    },

    async copy(from: string, to: string, keptDays?: number): Promise<void> {
      await put(to, await objects.read(from), keptDays);
    },

    remove: objects.remove,
  };
}
