import { join } from 'node:path';
import * as z from 'zod';
import { writeBundles } from '../harness/bundles.ts';
import { type Child, startChild } from '../harness/child.ts';
import type { EmulatedFunction } from './start-emulators.ts';

const invoked = z.object({
  /** Of each invocation, in milliseconds. */
  wallMs: z.array(z.number()),
  /** Of the process, during each. */
  cpuEachMs: z.array(z.number()),
  /** Of all of them, and of what it did between them. */
  cpuMs: z.number(),
  /** Of the process so far. */
  peakMiB: z.number(),
  /** After each invocation that is no request. */
  heldMiB: z.array(z.number()),
  statuses: z.array(z.number()),
});
export type Invoked = z.infer<typeof invoked>;

export interface BundledFunction extends EmulatedFunction {
  module: string;
  cell: string;
}

/** A function as it is packaged, ready to be started in processes of its own. */
export async function bundleFunctions(
  folder: string,
  functions: readonly EmulatedFunction[],
): Promise<BundledFunction[]> {
  const [cell = ''] = await writeBundles(join(folder, 'cell'), ['bench/service/function-cell.ts']);
  const sources = functions.map(({ source }) => source);
  const modules = await writeBundles(join(folder, 'packaged'), sources);
  return functions.map((one, index) => ({ ...one, module: modules[index] ?? '', cell }));
}

/** A fresh instance of the function, for `work`. Throws where an answer is a refusal. */
export async function withInstance<Result>(
  { name, cell, module, environment }: BundledFunction,
  work: (invoke: (events: unknown[]) => Promise<Invoked>) => Promise<Result>,
): Promise<Result> {
  const child = startChild(cell, { ...environment, SIGHTLINE_MODULE: module });
  try {
    await child.hear(z.literal('ready'));
    return await work((events) => invoke(child, name, events));
  } finally {
    await child.close();
  }
}

async function invoke(child: Child, name: string, events: unknown[]): Promise<Invoked> {
  const answer = await child.ask(events, invoked);
  const refused = answer.statuses.filter((status) => status >= 300);
  if (refused.length > 0) throw new Error(`${name} answered ${refused.join(', ')}`);
  return answer;
}
