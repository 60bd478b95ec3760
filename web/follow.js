const ENDED = ['succeeded', 'failed', 'rejected', 'expired'];
/** Waits between calls that did not reach the service, in milliseconds. */
const PAUSES = [1000, 2000, 4000, 8000];

export function hasEnded({ status }) {
  return ENDED.includes(status);
}

/**
 * Tells `onChange(analysis)` of each change until the analysis has ended, and returns it. A service that goes
 * away for a moment (a restart, a lost connection) is asked again; a refusal is thrown.
 */
export async function followAnalysis(api, id, { onChange, signal }) {
  let etag;
  let failures = 0;
  for (;;) {
    try {
      const news = await api.getAnalysis(id, { etag, signal });
      failures = 0;
      etag = news.etag;
      if (news.analysis) onChange(news.analysis);
      if (news.analysis && hasEnded(news.analysis)) return news.analysis;
      // Without an ETag the service could not wait for us.
      if (!etag) await pause(PAUSES[0]);
    } catch (error) {
      const passing = !error.problem || error.problem.retryable;
      if (signal.aborted || !passing || failures >= PAUSES.length) throw error;
      await pause(PAUSES[failures]);
      failures += 1;
    }
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
