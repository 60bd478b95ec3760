import { existsSync, readFileSync } from 'node:fs';

// Measured from inside, by the process that does the work.

const STATUS_FILE = '/proc/self/status';

/** User and system time of this process since its start, in milliseconds. */
export function readCpuMs(): number {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return (userCPUTime + systemCPUTime) / 1000;
}

/**
 * The most memory that this process has held, in MiB. Linux's ru_maxrss begins with what the parent
 * held when it started the child, so it would tell of the bench; VmHWM does not.
 */
export function readPeakMiB(): number {
  const status = existsSync(STATUS_FILE) ? readFileSync(STATUS_FILE, 'utf8') : '';
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB/m.exec(status) ?? [];
  return Number(kibibytes ?? process.resourceUsage().maxRSS) / 1024;
}

/** What it holds now, in MiB. */
export function readHeldMiB(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}
