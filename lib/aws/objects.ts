import type { SendToAws } from './wire/client.ts';
import { encodePath } from './wire/sign.ts';

type Body = string | Uint8Array;

/** Single objects of one bucket, whole. */
export type Objects = ReturnType<typeof createObjects>;

/** The path of an object. `base`: what stands before the key in paths; empty where the host is the bucket's. */
export function pathsIn(base: string) {
  return (key: string) => `${base}/${encodePath(key)}`;
}

/** For a read: an object that is not there is no error. */
export function undefinedIfGone(error: unknown): undefined {
  if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
  throw error;
}

export function createObjects(send: SendToAws, pathOf: (key: string) => string) {
  return {
    async put(key: string, body: Body, headers: Record<string, string>): Promise<void> {
      await send({ method: 'PUT', path: pathOf(key), headers, body });
    },

    async read(key: string): Promise<string> {
      return send({ method: 'GET', path: pathOf(key), headers: {}, body: '' });
    },

    /** Begins an object that comes in parts, and answers with the id of its upload. */
    async startParts(key: string, headers: Record<string, string>): Promise<string> {
      const answer = await send({
        method: 'POST',
        path: pathOf(key),
        query: 'uploads=',
        headers,
        body: '',
      });
      const uploadId = /<UploadId>([^<]+)/.exec(answer)?.[1];
      if (!uploadId) throw new Error('S3 began an upload without an id.');
      return uploadId;
    },

    /** One that is not there is no error. */
    async remove(key: string): Promise<void> {
      await send({ method: 'DELETE', path: pathOf(key), headers: {}, body: '' });
    },
  };
}
