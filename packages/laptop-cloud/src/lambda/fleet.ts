import { spawn } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import type { FunctionSpec } from '../template/deploy.ts';
import { createEnvironment, type RuntimeSettings } from './function-environment.ts';
import { type Instance, startInstance } from './instance.ts';
import type { Logs } from './logs.ts';
import { createPool, type Pool } from './pool.ts';
import type { InvocationResult } from './protocol.ts';

const IDLE_MS = 120_000;
const IDLE_CHECK_MS = 10_000;
const BYTES_PER_INSTANCE = 100e6; // idle, with the SDK loaded
// Half of the machine's memory, for the functions behind routes. Functions behind queues are bounded by
// `maximumConcurrency`, and not here: requests that wait for their work must not keep them from starting.
const INSTANCES = Math.min(100, Math.max(16, Math.floor(totalmem() / 2 / BYTES_PER_INSTANCE)));
const INSTANCES_PER_FUNCTION = Math.floor(INSTANCES * 0.75);
// More at once would only compete for the processor, with each other and with running instances.
const STARTS_AT_ONCE = availableParallelism() + 1;

export interface FleetOptions {
  functions: FunctionSpec[];
  settings: RuntimeSettings;
  logs: Logs;
  startsAtOnce?: number;
}

interface Member {
  pool: Pool;
  spec: FunctionSpec;
}

interface Fleet {
  find(functionName: string): Member | undefined;
  /** Ends all instances; what runs on them ends with `reason`. Resolves when the processes are gone. */
  close(reason: InvocationResult): Promise<void>;
}

/** The instances of all functions: how many this machine bears, which starts next, and how they end. */
export function createFleet({
  functions,
  settings,
  logs,
  startsAtOnce = STARTS_AT_ONCE,
}: FleetOptions): Fleet {
  const reaper = startReaper();
  const members = new Map<string, Member>(); // in the order of their turns
  const alive = new Set<Instance>();
  let starting = 0;

  const pools = () => [...members.values()].map(({ pool }) => pool);
  const listAlive = () => reaper.watch([...alive].flatMap(({ pid }) => pid ?? []));

  // A first instance always has room: functions are few, and a crowd at another one may last.
  const hasRoom = ({ pool, spec }: Member) =>
    spec.routes.length === 0 || pool.instances.size === 0 || alive.size < INSTANCES;

  /** Starts the instances that are wanted: first instances first, then in turn, so that no crowd blocks another function. */
  function fill(): void {
    while (starting < startsAtOnce) {
      const wanting = [...members.values()].filter(({ pool }) => pool.wants());
      const fitting = wanting.filter(hasRoom);
      const next = fitting.find(({ pool }) => pool.instances.size === 0) ?? fitting[0];
      // An idle instance is ended to make room; the room is used once it has exited.
      if (wanting.length > fitting.length) pools().some((pool) => pool.endIdle(Date.now()));
      if (!next) return;
      members.delete(next.spec.name);
      members.set(next.spec.name, next);
      next.pool.admit(start(next.spec));
    }
  }

  function start(spec: FunctionSpec): Instance {
    const instance = startInstance({
      environment: createEnvironment(spec, settings),
      memoryMb: spec.memoryMb,
      onLine: (line, stream) => logs.line(spec.name, line, stream),
    });
    void follow(instance, spec.name);
    return instance;
  }

  async function follow(instance: Instance, name: string): Promise<void> {
    starting++;
    alive.add(instance);
    listAlive();
    const failure = await instance.ready;
    starting--;
    if (failure?.ok === false && failure.reason !== 'stopped') {
      logs.note(name, 'ERROR', `Cannot be loaded: ${failure.error.errorMessage}`);
    }
    fill();
    await instance.exited;
    alive.delete(instance);
    listAlive();
    fill();
  }

  for (const spec of functions) {
    const limit = Math.min(spec.reservedConcurrency ?? INSTANCES, INSTANCES_PER_FUNCTION);
    members.set(spec.name, { spec, pool: createPool({ limit, onWant: fill }) });
  }
  const idleTimer = setInterval(() => {
    for (const pool of pools()) while (pool.endIdle(Date.now() - IDLE_MS));
  }, IDLE_CHECK_MS);

  return {
    find: (functionName) => members.get(functionName),
    async close(reason) {
      clearInterval(idleTimer);
      for (const pool of pools()) pool.close(reason);
      await Promise.all([...alive].map(({ exited }) => exited));
      reaper.close();
    },
  };
}

// Ends the function instances after `kill -9` of the host. They notice the end of the host by themselves,
// but one that is stuck in a loop can only be ended by another process: this shell. Each line of its pipe
// is the full list of running instances; the end of the pipe is the end of the host.
const SCRIPT = `trap '' INT TERM HUP
while read -r line; do pids=$line; done
[ -z "$pids" ] || kill -9 $pids`;

interface Reaper {
  /** All processes that are to end with the host. */
  watch(pids: number[]): void;
  close(): void;
}

function startReaper(): Reaper {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'] });
  // Not fatal: it only backs up the instances' own check.
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  shell.unref();
  return {
    watch: (pids) => shell.stdin.write(`${pids.join(' ')}\n`),
    close: () => shell.stdin.end(),
  };
}
