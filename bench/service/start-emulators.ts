import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { startChild } from '../harness/child.ts';

const MODULE = fileURLToPath(new URL('./emulators.ts', import.meta.url));

/** A client's key, which opens everything of the large client's. */
export const API_KEY = 'sk_bench_000000000000000000000000000';

const started = z.object({
  endpoint: z.string(),
  modelUrl: z.string(),
  tableName: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  region: z.string(),
  functions: z.array(
    z.object({
      name: z.string(),
      source: z.string(),
      environment: z.record(z.string(), z.string()),
    }),
  ),
});
const put = z.object({ ids: z.array(z.string()), events: z.array(z.unknown()) });
const calls = z.object({
  modelCalls: z.number(),
  pictureBytes: z.number(),
  awsCalls: z.record(z.string(), z.number()),
  apartCalls: z.record(z.string(), z.number()),
});

/** What the emulators are asked. */
export type EmulatorQuestion =
  | { ask: 'put'; file: string; mediaType: string; count: number }
  | { ask: 'finish'; ids: string[] }
  | { ask: 'calls' }
  | { ask: 'fill'; count: number; since: number };

export type EmulatedFunction = z.infer<typeof started>['functions'][number];
export type Emulators = Awaited<ReturnType<typeof startEmulators>>;

/** The cloud and the model, in a process that is not measured. */
export async function startEmulators() {
  const child = startChild(MODULE, { PATH: process.env.PATH ?? '' });
  const info = await child.hear(started);
  const ask = <Answer>(question: EmulatorQuestion, schema: z.ZodType<Answer>) =>
    child.ask(question, schema);
  return {
    ...info,
    /** Announces and uploads the file so many times; answers with the events that S3 would send. */
    put: (file: string, mediaType: string, count: number) =>
      ask({ ask: 'put', file, mediaType, count }, put),
    /** Throws where one of them has not succeeded; their files, which may be many and large, are gone then. */
    async finish(ids: string[]): Promise<void> {
      const statuses = await ask({ ask: 'finish', ids }, z.array(z.string()));
      const others = statuses.filter((status) => status !== 'succeeded');
      if (others.length > 0) throw new Error(`of ${ids.length} analyses: ${others.join(', ')}`);
    },
    /** What functions have called since this was asked last. */
    takeCalls: () => ask({ ask: 'calls' }, calls),
    /** Stores so many analyses, by population.ts. */
    fill: (count: number, since: number) => ask({ ask: 'fill', count, since }, z.number()),
    close: () => child.close(),
  };
}
