import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { GateReport } from './gate-child.ts';

/** Milliseconds after which a file has hung the gate: a hundred times what the largest take. */
const HANG_MS = 60_000;

/** A process of its own for the gate, so that a crash is seen and memory can be measured. */
export async function startGate() {
  const child: ChildProcess = fork(new URL('./gate-child.ts', import.meta.url), {
    serialization: 'advanced',
    env: { ...process.env, MALLOC_ARENA_MAX: '1' }, // as deployed
  });
  const resting = await receive(child);
  return {
    resting,
    pass(bytes: Uint8Array): Promise<GateReport> {
      child.send(bytes);
      return receive(child);
    },
    stop: () => child.kill(),
  };
}

async function receive(child: ChildProcess): Promise<GateReport> {
  const ended = new AbortController();
  const { signal } = ended;
  const hang = setTimeout(() => child.kill('SIGKILL'), HANG_MS); // its end is an error, which names the file
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([report]) => report),
      once(child, 'exit', { signal }).then((how) => {
        throw new Error(`the gate's process ended: ${how.join(' ')}`);
      }),
    ]);
  } finally {
    clearTimeout(hang);
    ended.abort();
  }
}
