import type { SendToAws } from './client.ts';

/** Calls an operation of a service that speaks AWS' JSON protocol. */
export type CallAws = (operation: string, input: object) => Promise<Record<string, unknown>>;

/** `api`: what stands before the operation's name; `version`: the protocol's. */
export function createCaller(send: SendToAws, api: string, version: '1.0' | '1.1'): CallAws {
  return async (operation, input) => {
    const headers = {
      'content-type': `application/x-amz-json-${version}`,
      'x-amz-target': `${api}.${operation}`,
    };
    const body = JSON.stringify(input);
    const text = await send({ method: 'POST', path: '/', headers, body });
    const answered: unknown = JSON.parse(text || '{}');
    return typeof answered === 'object' && answered !== null ? { ...answered } : {};
  };
}
