import { readFileSync } from 'node:fs';
import { readSettings } from './settings.ts';
import { type Stack, startStack } from './stack.ts';

// Only what concerns the process: signals, exit; the stack is stack.ts's.

const LAST_RESORT_MS = 4_900; // a promise to its users: ended within 5 s
const PARENT_CHECK_MS = 250;
const SAME_SIGNAL_MS = 500; // Ctrl-C comes from the terminal, and once more from npm

// Who reads the output may have left (`npm start | head`), and its disk may be full: nothing ends for that.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
process.umask(0o077); // what is stored is for its owner alone, LevelDB's files, too

await run().catch((error: unknown) => exitWith(describe(error)));

async function run(): Promise<void> {
  const stopped = catchSignals();
  const stack = await startStack(readSettings(process.env), (line) => console.log(line));
  sayReady(stack);
  await stopped;
  console.log('ending: what runs gets a moment to finish …');
  await stack.close();
  process.exit(0);
}

/** Resolves at the first signal; the second one ends the process at once. */
function catchSignals(): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  let first: number | undefined;
  const stop = () => {
    const now = Date.now();
    if (first !== undefined && now - first < SAME_SIGNAL_MS) return;
    if (first !== undefined) process.exit(1);
    first = now;
    setTimeout(() => process.exit(1), LAST_RESORT_MS).unref();
    stopped.resolve();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  if (process.env.npm_lifecycle_event) onParentGone(stop);
  return stopped.promise;
}

/** npm starts a shell which starts this: a SIGTERM to npm ends the shell, a SIGKILL npm alone, and neither gets here. */
function onParentGone(stop: () => void): void {
  const ancestors = readAncestors();
  const timer = setInterval(() => {
    if (readAncestors() === ancestors) return;
    clearInterval(timer);
    stop();
  }, PARENT_CHECK_MS).unref();
}

/** Parent and, where the system tells, its parent. */
function readAncestors(): string {
  const parent = process.ppid;
  try {
    const [, grandparent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${parent}/stat`, 'utf8')) ?? [];
    return `${parent} ${grandparent}`;
  } catch {
    return `${parent}`;
  }
}

function sayReady({ info, standIn }: Stack): void {
  console.log(
    standIn
      ? 'Gemini: the stand-in answers. It measures pictures and understands nothing.\n        For real analyses: GEMINI_API_KEY=… npm start'
      : `Gemini: ${info.geminiUrl} answers, with your key.`,
  );
  console.log(`ready ${info.apiUrl}/`);
}

/** What the user can do something about comes without a stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'StartRefusal' ? error.message : (error.stack ?? error.message);
}

function exitWith(message: string): never {
  console.error(message);
  process.exit(1);
}
