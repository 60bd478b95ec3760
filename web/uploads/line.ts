/** Lets at most so many tasks run at the same time, in the order they came. */
export function createLine(maxAtOnce: number) {
  const waiting: (() => void)[] = [];
  let running = 0;

  const leave = () => {
    running -= 1;
    waiting.shift()?.();
  };

  /** Rejects, and leaves the line, as soon as the signal aborts. */
  const enter = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const start = () => {
        signal.removeEventListener('abort', stop);
        running += 1;
        resolve();
      };
      const stop = () => {
        const place = waiting.indexOf(start);
        if (place >= 0) waiting.splice(place, 1);
        reject(signal.reason);
      };
      if (signal.aborted) reject(signal.reason);
      else if (running < maxAtOnce) start();
      else {
        waiting.push(start);
        signal.addEventListener('abort', stop, { once: true });
      }
    });

  return async <T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> => {
    await enter(signal);
    try {
      return await task();
    } finally {
      leave();
    }
  };
}
