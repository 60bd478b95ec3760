import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as z from 'zod';
import type { Cost } from './rounds.ts';

const execute = promisify(execFile);
/** The largest picture by the slowest variant takes some seconds. */
const CELL_TIMEOUT_MS = 120_000;

/** A cell would outlive a bench that is stopped. */
const ended = new AbortController();
process.once('exit', () => ended.abort());

const cost = z.object({
  cpuMs: z.number(),
  wallMs: z.number().optional(),
  peakMiB: z.number().optional(),
  bytes: z.number().optional(),
});

/** Runs a program that measures itself and prints its cost as JSON. Rejects where it fails. */
export async function runCell(
  program: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Cost> {
  const env = { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', ...environment };
  const { signal } = ended;
  const { stdout } = await execute(program, args, { env, timeout: CELL_TIMEOUT_MS, signal });
  return cost.parse(JSON.parse(stdout));
}

/** A module in a fresh process of this Node. */
export function runNodeCell(
  module: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Cost> {
  return runCell(process.execPath, [module, ...args], environment);
}
