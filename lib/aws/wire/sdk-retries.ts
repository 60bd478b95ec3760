import { currentDeadline } from '../../deadline.ts';
import { AWS_BACKOFF } from './client.ts';

interface Token {
  getRetryCount(): number;
  /** Milliseconds. */
  getRetryDelay(): number;
}

/**
 * How clients of AWS' own repeat calls: as ours do. Their own strategy counts the repetitions of a process,
 * and makes none any more after a hundred in an outage: the next answer that is lost fails its request. And
 * their delays grow to 20 seconds, beyond the function's time.
 */
export function createRetryStrategy(tries: number, answerMs: number) {
  return {
    mode: 'standard',

    acquireInitialRetryToken: async (): Promise<Token> => describeToken(0, 0),

    /** Throws where there is no other try; the client then throws the error of the last one. */
    async refreshRetryTokenForRetry(
      token: Token,
      { errorType, error }: { errorType: string; error?: unknown },
    ): Promise<Token> {
      const count = token.getRetryCount() + 1;
      const delay =
        Math.random() * Math.min(AWS_BACKOFF.capMs, AWS_BACKOFF.baseMs * 2 ** (count - 1));
      // What took all of its time once will take it again.
      const isSlow = error instanceof Error && error.name === 'TimeoutError';
      const hasTime = Date.now() + delay + (isSlow ? answerMs : 0) < currentDeadline();
      if (errorType === 'CLIENT_ERROR' || count >= tries || !hasTime)
        throw new Error('No other try.');
      return describeToken(count, delay);
    },

    recordSuccess: () => {},
  };
}

function describeToken(count: number, delay: number): Token {
  return { getRetryCount: () => count, getRetryDelay: () => delay };
}
