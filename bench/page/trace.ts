import * as z from 'zod';

/** What a recorded trace has to hold: the tasks of every thread. */
export const TRACE_CATEGORIES = ['devtools.timeline', 'disabled-by-default-devtools.timeline'];

const event = z.looseObject({
  name: z.string(),
  pid: z.number(),
  tid: z.number(),
  /** Both in microseconds; by the clock, and on the processor. */
  dur: z.number().optional(),
  tdur: z.number().optional(),
  args: z.looseObject({ name: z.unknown().optional() }).optional(),
});
const trace = z.looseObject({ traceEvents: z.array(event) });

/** The longest tasks of pages' main threads. */
export function findLongest(recorded: Buffer): { wallMs: number; cpuMs: number } {
  const { traceEvents } = trace.parse(JSON.parse(recorded.toString()));
  const nameOf = ({ pid, tid }: { pid: number; tid: number }) => `${pid} ${tid}`;
  const isMain = ({ name, args }: z.infer<typeof event>) =>
    name === 'thread_name' && args?.name === 'CrRendererMain';
  const main = new Set(traceEvents.filter(isMain).map(nameOf));
  const tasks = traceEvents.filter((each) => each.name === 'RunTask' && main.has(nameOf(each)));
  const longest = (pick: 'dur' | 'tdur') =>
    tasks.reduce((most, task) => Math.max(most, task[pick] ?? 0), 0) / 1000;
  return { wallMs: longest('dur'), cpuMs: longest('tdur') };
}
