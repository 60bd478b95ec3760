import { typeOf } from './media-type.js';
import { createCaller } from './request.js';
import { sendFile } from './send-file.js';
import { sendParts } from './send-parts.js';

export { SightlineError } from './request.js';

const ENDED = ['succeeded', 'failed', 'rejected'];
/** What is larger goes in parts: 100 MB. */
const MAX_FORM_BYTES = 100_000_000;
/** Seconds that one call waits for news: the service allows as many. */
const WAIT_SECONDS = 20;

/** Calls of one service with one key: `createClient({ baseUrl, key })`. index.d.ts tells the rest. */
export function createClient(options) {
  const call = createCaller(options);
  const readJson = async (...request) => (await call(...request)).json();
  const pathOf = (id) => `/v1/analyses/${encodeURIComponent(id)}`;

  function announce(file, { signal, fresh, filename = file.name || 'file', ...wish } = {}) {
    return readJson('POST', '/v1/uploads', {
      query: { fresh },
      json: {
        filename,
        contentType: typeOf(file, filename),
        contentLength: file.size,
        // Where a page is no secure context, a browser computes none.
        ...(file.size > MAX_FORM_BYTES && crypto.subtle && { partChecksum: 'sha256' }),
        ...wish,
      },
      once: crypto.randomUUID(),
      signal,
    });
  }

  function send(announced, file, options) {
    return announced.method === 'MULTIPART'
      ? sendParts(readJson, announced, file, options)
      : sendFile(announced, file, options);
  }

  async function upload(file, { onProgress, ...options } = {}) {
    const announced = await announce(file, options);
    // Without a form the service has had these bytes before, and the analysis is there already.
    if (!announced.upload) onProgress?.(file.size, file.size);
    else await send(announced.upload, file, { onProgress, signal: options.signal });
    return announced;
  }

  async function waitFor(id, { onChange = () => {}, signal } = {}) {
    let etag;
    for (;;) {
      const response = await call('GET', pathOf(id), {
        query: etag === undefined ? {} : { wait: WAIT_SECONDS },
        headers: etag === undefined ? {} : { 'if-none-match': etag },
        signal,
      });
      etag = response.headers.get('etag') ?? undefined;
      if (response.status === 304) continue;
      const analysis = await response.json();
      onChange(analysis);
      if (ENDED.includes(analysis.status)) return analysis;
    }
  }

  async function* list({ signal, ...query } = {}) {
    let cursor;
    do {
      const page = await readJson('GET', '/v1/analyses', { query: { ...query, cursor }, signal });
      yield* page.data;
      cursor = page.nextCursor;
    } while (cursor);
  }

  return {
    upload,
    announce,
    send,
    waitFor,
    list,
    get: (id, { signal } = {}) => readJson('GET', pathOf(id), { signal }),
    delete: (id, { signal } = {}) => readJson('DELETE', pathOf(id), { signal }),
    cancel: (id, { signal } = {}) =>
      readJson('DELETE', `/v1/uploads/${encodeURIComponent(id)}`, { signal }),
    createToken: (wish = {}, { signal } = {}) =>
      readJson('POST', '/v1/tokens', { json: wish, once: crypto.randomUUID(), signal }),
    getUsage: ({ signal, ...query } = {}) => readJson('GET', '/v1/usage', { query, signal }),
    listAnalyzers: async ({ signal } = {}) =>
      (await readJson('GET', '/v1/analyzers', { signal })).data,
    getAnalyzer: (name, { signal } = {}) =>
      readJson('GET', `/v1/analyzers/${encodeURIComponent(name)}`, { signal }),
    putAnalyzer: (name, definition, { signal } = {}) =>
      readJson('PUT', `/v1/analyzers/${encodeURIComponent(name)}`, { json: definition, signal }),
  };
}
