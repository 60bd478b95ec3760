import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { GateReport } from './gate-child.ts';

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
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([report]) => report),
      once(child, 'exit', { signal }).then((how) => {
        throw new Error(`the gate's process ended: ${how.join(' ')}`);
      }),
    ]);
  } finally {
    ended.abort();
  }
}
