/** Tries of one call in all, and the longest wait, in seconds, that the service may ask for. */
const MAX_TRIES = 6;
const MAX_WAIT_SECONDS = 120;
const FIRST_PAUSE_SECONDS = 0.5;

/** A refusal of the service: `code` is one of docs/errors.md. */
export class SightlineError extends Error {
  constructor(problem, status) {
    super(problem.detail ?? problem.title ?? `The service answered ${status}.`);
    this.name = 'SightlineError';
    this.status = status;
    this.code = problem.code;
    this.retryable = problem.retryable ?? (status === 429 || status === 503);
    this.problem = problem;
  }
}

/**
 * A call that is made again while that may help: as late as the service says, else after a pause that grows.
 * With an `Idempotency-Key` a POST can be, too.
 */
export function createCaller({ baseUrl, key, fetch = globalThis.fetch }) {
  const base = String(baseUrl).replace(/\/+$/, '');
  return async function call(method, path, options = {}) {
    const url = `${base}${path}${formatQuery(options.query)}`;
    const request = describeRequest(method, options);
    request.headers.authorization = `Bearer ${typeof key === 'function' ? await key() : key}`;
    const mayRepeat = method !== 'POST' || options.once !== undefined;
    for (let tries = 1; ; tries += 1) {
      const answer = await ask(fetch, url, request);
      if (answer.done) return answer.done;
      const seconds = answer.waitSeconds ?? Math.random() * FIRST_PAUSE_SECONDS * 2 ** tries;
      const isOver = tries >= MAX_TRIES || seconds > MAX_WAIT_SECONDS || options.signal?.aborted;
      if (!mayRepeat || !answer.retryable || isOver) throw answer.error;
      await pause(seconds, options.signal);
    }
  };
}

/** `once`: the `Idempotency-Key`. */
function describeRequest(method, { json, headers, signal, once }) {
  return {
    method,
    headers: {
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(once === undefined ? {} : { 'idempotency-key': once }),
      ...headers,
    },
    body: json === undefined ? undefined : JSON.stringify(json),
    // ETags are handled here: a browser's cache would answer 200 for a 304.
    cache: 'no-store',
    signal,
  };
}

async function ask(fetch, url, request) {
  let response;
  try {
    response = await fetch(url, request);
  } catch (error) {
    return { error, retryable: true };
  }
  if (response.ok || response.status === 304) return { done: response };
  const error = new SightlineError(await response.json().catch(() => ({})), response.status);
  const waitSeconds = Number(response.headers.get('retry-after')) || undefined;
  return { error, retryable: error.retryable, waitSeconds };
}

function formatQuery(query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `?${text}` : '';
}

/** Rejects as soon as the signal aborts. */
export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
