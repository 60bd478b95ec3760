import type { SendToAws } from './wire/client.ts';

type Body = string | Uint8Array;

/** Single objects of one bucket, whole. */
export type Objects = ReturnType<typeof createObjects>;

/** `base`: what stands before the key in paths; empty where the host is the bucket's. */
export function createObjects(send: SendToAws, base: string) {
  const pathOf = (key: string) => `${base}/${encodeKey(key)}`;
  return {
    async put(key: string, body: Body, headers: Record<string, string>): Promise<void> {
      await send({ method: 'PUT', path: pathOf(key), headers, body });
    },

    async read(key: string): Promise<string> {
      return send({ method: 'GET', path: pathOf(key), headers: {}, body: '' });
    },

    /** One that is not there is no error. */
    async remove(key: string): Promise<void> {
      await send({ method: 'DELETE', path: pathOf(key), headers: {}, body: '' });
    },
  };
}

export function encodeKey(key: string): string {
  return key.split('/').map(encode).join('/');
}

/** As signatures want it: all but what is unreserved (RFC 3986). */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
