/** Longest wait, in seconds, that the page takes upon itself when it is told to slow down. */
const MAX_WAIT_SECONDS = 65;
/** Of a refusal that names no time, as the gateway's own: in seconds. */
const UNTOLD_WAIT_SECONDS = 2;
/** Those that wait for the same moment come one after the other, within so many seconds. */
const SPREAD_SECONDS = 1;

/**
 * Asks again, as often as it takes, while the service says "not so fast", as late as it says; each wait is
 * told by `onWait(seconds)`. Every other refusal is the answer.
 */
export async function askPatiently(ask, { onWait = () => {}, signal } = {}) {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 429) return answer;
    const { code = 'rate_limited' } = await answer
      .clone()
      .json()
      .catch(() => ({}));
    const seconds = Number(answer.headers.get('retry-after')) || UNTOLD_WAIT_SECONDS;
    if (code !== 'rate_limited' || seconds > MAX_WAIT_SECONDS) return answer;
    onWait(seconds);
    await wait((seconds + Math.random() * SPREAD_SECONDS) * 1000, signal);
  }
}

/** Rejects as soon as the signal aborts. */
function wait(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
