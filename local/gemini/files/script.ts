import * as z from 'zod';

/** What a call about files is, by method, path and command. */
const STEPS = ['start', 'query', 'upload', 'finalize', 'get', 'list', 'delete'] as const;
export type FileStep = (typeof STEPS)[number];

/** Of which step: without one, the next call's, whichever it is. */
const step = z.enum(STEPS).optional();

/** What a scripted call about files does in place of working well. */
export const fileFaultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('pass'), step }),
  z.strictObject({ kind: z.literal('status'), step, status: z.int().min(400).max(599) }),
  /** The connection ends: at once, with half of the body received, or with all done and nothing said. */
  z.strictObject({
    kind: z.literal('reset'),
    step,
    when: z.enum(['at-once', 'half-way', 'unanswered']).default('at-once'),
  }),
  z.strictObject({ kind: z.literal('hang'), step }),
  z.strictObject({ kind: z.literal('slow'), step, milliseconds: z.int().nonnegative() }),
  /** The file, or the upload, is gone from now on. */
  z.strictObject({ kind: z.literal('lose'), step }),
  /** A finalized file that turns out FAILED, or takes so long. */
  z.strictObject({ kind: z.literal('fail'), step: z.literal('finalize') }),
  z.strictObject({
    kind: z.literal('process'),
    step: z.literal('finalize'),
    milliseconds: z.int().nonnegative(),
  }),
]);

/** As written in a script: what has a default may be left out. */
export type FileFault = z.input<typeof fileFaultSchema>;
export type ParsedFileFault = z.output<typeof fileFaultSchema>;

/** Faults, each taken by the next call of its step; or asked anew for each call. */
export type FileScript = readonly FileFault[] | ((step: FileStep) => FileFault | undefined);

export function createFileScript() {
  let takeNext: (step: FileStep) => FileFault | undefined = () => undefined;
  return {
    set(script: FileScript): void {
      takeNext = typeof script === 'function' ? script : playList([...script]);
    },
    take(taken: FileStep): ParsedFileFault {
      return fileFaultSchema.parse(takeNext(taken) ?? { kind: 'pass' });
    },
  };
}

function playList(left: FileFault[]): (step: FileStep) => FileFault | undefined {
  return (taken) => {
    const index = left.findIndex((fault) => (fault.step ?? taken) === taken);
    return index < 0 ? undefined : left.splice(index, 1)[0];
  };
}
