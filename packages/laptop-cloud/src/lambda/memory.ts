import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Resident memory in MB by process id, without processes that have exited. */
async function readResidentMemory(pids: number[]): Promise<Map<number, number>> {
  if (pids.length === 0) return new Map();
  return process.platform === 'linux' ? readFromProc(pids) : readFromPs(pids);
}

/** Not `statm`: it counts pages, whose size differs between machines. */
async function readFromProc(pids: number[]): Promise<Map<number, number>> {
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      return [pid, Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024] as const;
    }),
  );
  return new Map(sizes.filter(([, size]) => size > 0));
}

async function readFromPs(pids: number[]): Promise<Map<number, number>> {
  // ps exits with 1 if one of them is gone, and still lists the others.
  const { stdout } = await run('ps', ['-o', 'pid=,rss=', '-p', pids.join()]).catch(
    (error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }),
  );
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return new Map(
    rows.flatMap(([pid, kilobytes]) => (pid && kilobytes ? [[pid, kilobytes / 1024]] : [])),
  );
}

const POLL_MS = 250;

interface Watched {
  pid: number;
  limitMb: number;
  onOverrun: () => void;
  maxMb: number;
}

export interface MemoryWatch {
  /** Calls back once the process uses more than `limitMb`. The returned function stops watching and returns the maximum in MB (0: over before the first sample). */
  watch(pid: number | undefined, limitMb: number, onOverrun: () => void): () => number;
  close(): void;
}

/** Samples the memory of all watched processes a few times a second. */
export function watchMemory(): MemoryWatch {
  const watched = new Set<Watched>();
  const timer = setInterval(async () => {
    const sizes = await readResidentMemory([...watched].map(({ pid }) => pid));
    for (const each of watched) {
      each.maxMb = Math.max(each.maxMb, Math.round(sizes.get(each.pid) ?? 0));
      if (each.maxMb > each.limitMb) each.onOverrun();
    }
  }, POLL_MS);
  return {
    watch(pid, limitMb, onOverrun) {
      const entry = { pid: pid ?? 0, limitMb, onOverrun, maxMb: 0 };
      watched.add(entry);
      return () => {
        watched.delete(entry);
        return entry.maxMb;
      };
    },
    close: () => clearInterval(timer),
  };
}
