/** How often a line is written where none can be overwritten, in milliseconds. */
const LINE_EVERY_MS = 15_000;
/** Before so many steps nothing is said of the time that is left. */
const STEPS_TO_TELL = 3;
const CLEAR_LINE = '\r\x1b[K';

/** On stderr, so that the figures on stdout stand alone: what is being measured, and for about how long yet. */
export interface Progress {
  /** A step begins. */
  next(what: string): void;
  /** For measureInTurn: each round of the subject is a step. */
  ofRounds(subject: string): (round: number, rounds: number) => void;
  end(): void;
}

/** `steps`: how many there will be; times are told as if they all took as long. */
export function startProgress(part: string, steps: number): Progress {
  const start = performance.now();
  const { isTTY } = process.stderr;
  let begun = 0;
  let saidAt = Number.NEGATIVE_INFINITY;
  const next = (what: string) => {
    const now = performance.now();
    const left = begun >= STEPS_TO_TELL ? ((now - start) / begun) * (steps - begun) : undefined;
    begun += 1;
    if (!isTTY && now - saidAt < LINE_EVERY_MS) return;
    saidAt = now;
    const line = left === undefined ? what : `${what}, about ${describeTime(left)} left`;
    process.stderr.write(isTTY ? `${CLEAR_LINE}${part}: ${line}` : `${part}: ${line}\n`);
  };
  return {
    next,
    ofRounds: (subject) => (round, rounds) => next(`${subject}, round ${round + 1} of ${rounds}`),
    end() {
      if (isTTY) process.stderr.write(CLEAR_LINE);
    },
  };
}

/** In words, from milliseconds. */
export function describeTime(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
