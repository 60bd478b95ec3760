import { askPatiently } from './patience.js';
import { createProblemError } from './problems.js';

/**
 * Calls of the service with a client's key. A limit is waited for, as long as the service says; every other
 * refusal is thrown as an Error with its problem.
 */
export function createApi(key) {
  const call = async (method, path, { json, headers = {}, signal, onWait } = {}) => {
    const request = {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(json ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      body: json ? JSON.stringify(json) : undefined,
      // ETags are handled here: the browser's cache would answer 200 for a 304.
      cache: 'no-store',
      signal,
    };
    const response = await askPatiently(() => fetch(path, request), { onWait, signal });
    if (response.status === 304) return { response, body: undefined };
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw createProblemError({ code: 'internal', ...body });
    return { response, body };
  };

  return {
    /** `onWait(seconds)` is told of each wait for the limit. */
    async createUpload(upload, { signal, onWait }) {
      return (await call('POST', '/v1/uploads', { json: upload, signal, onWait })).body;
    },
    /** Waits up to 20 s for news; `analysis` is undefined where there are none. */
    async getAnalysis(id, { etag, signal } = {}) {
      const headers = etag ? { 'if-none-match': etag } : {};
      const path = `/v1/analyses/${encodeURIComponent(id)}${etag ? '?wait=20' : ''}`;
      const { response, body } = await call('GET', path, { headers, signal });
      return { analysis: body, etag: response.headers.get('etag') ?? etag };
    },
    async listAnalyses(cursor) {
      const query = new URLSearchParams({ limit: '20', ...(cursor ? { cursor } : {}) });
      return (await call('GET', `/v1/analyses?${query}`)).body;
    },
    async deleteAnalysis(id) {
      await call('DELETE', `/v1/analyses/${encodeURIComponent(id)}`);
    },
  };
}
