import { spawn } from 'node:child_process';

// Ends the function instances after `kill -9` of the host. They notice by themselves that the host
// is gone, unless one is stuck in a loop: then only another process can end it. The pipe tells it:
// each line is the full list of the living, and its end is the host's end.
const SCRIPT = `trap '' INT TERM HUP
while read -r line; do pids=$line; done
[ -z "$pids" ] || kill -9 $pids`;

export interface Reaper {
  /** The processes to end, all of them. */
  watch(pids: number[]): void;
  close(): void;
}

export function startReaper(): Reaper {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'] });
  // Without it the stack runs as well; it is a net beneath the instances' own check.
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  shell.unref();
  return {
    watch: (pids) => shell.stdin.write(`${pids.join(' ')}\n`),
    close: () => shell.stdin.end(),
  };
}
