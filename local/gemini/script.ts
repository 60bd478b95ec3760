import * as z from 'zod';

/** What a scripted call does in place of answering well. Parsed where it comes in over HTTP. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** Answers as if unscripted: a place-holder in a list. */
  z.strictObject({ kind: z.literal('pass') }),
  /** An error in Google's shape. `quotaId` with `PerDay` in it means a day's quota. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    message: z.string().optional(),
    retryDelaySeconds: z.number().nonnegative().optional(),
    quotaId: z.string().optional(),
    reason: z.string().optional(),
  }),
  /** A gateway's error page; with 200, a page that is no error to whoever looks at the status alone. */
  z.strictObject({ kind: z.literal('html'), status: z.int().min(200).max(599).default(502) }),
  z.strictObject({ kind: z.literal('redirect'), location: z.string() }),
  /** A candidate that ended for this reason (SAFETY, RECITATION, MAX_TOKENS …), empty unless `text`. */
  z.strictObject({
    kind: z.literal('finish'),
    finishReason: z.string(),
    text: z.string().optional(),
  }),
  /** A blocked prompt: 200 without candidates. */
  z.strictObject({ kind: z.literal('blocked'), blockReason: z.string().default('SAFETY') }),
  /** The answer cut in half by MAX_TOKENS. */
  z.strictObject({ kind: z.literal('cut') }),
  /** Text that is no JSON, with finishReason STOP. */
  z.strictObject({ kind: z.literal('broken-json') }),
  /** JSON of another shape than asked for. */
  z.strictObject({ kind: z.literal('wrong-schema') }),
  /** The answer with a key that nobody asked for. */
  z.strictObject({ kind: z.literal('extra-keys') }),
  /** Thoughts and no answer. */
  z.strictObject({ kind: z.literal('thinking-only') }),
  z.strictObject({ kind: z.literal('no-candidates') }),
  /** This text, or this value as JSON, in place of what was measured. */
  z.strictObject({
    kind: z.literal('answer'),
    answer: z.unknown(),
    modelVersion: z.string().optional(),
  }),
  /** A 200 with this JSON and nothing else: answers of shapes that nobody foresaw. */
  z.strictObject({ kind: z.literal('raw'), body: z.unknown() }),
  /** Never answers. */
  z.strictObject({ kind: z.literal('hang') }),
  z.strictObject({
    kind: z.literal('reset'),
    when: z.enum(['before-headers', 'after-headers']).default('before-headers'),
  }),
  /** Half of the body that was announced, then the end of the connection. */
  z.strictObject({ kind: z.literal('half-body') }),
  /** The right answer, late. */
  z.strictObject({ kind: z.literal('slow'), milliseconds: z.int().nonnegative() }),
  /** The right answer, a byte at a time. */
  z.strictObject({ kind: z.literal('drip'), milliseconds: z.int().positive().default(20) }),
  /** The right answer, and then so many spaces. */
  z.strictObject({ kind: z.literal('huge'), bytes: z.int().positive().default(8_388_608) }),
  /** The right answer, said to be something else. */
  z.strictObject({ kind: z.literal('typed'), contentType: z.string().default('text/plain') }),
]);

/** As written in a script: what has a default may be left out. */
export type Fault = z.input<typeof faultSchema>;
export type ParsedFault = z.output<typeof faultSchema>;

/** Any of these faults, at random, in so large a part of the calls: 0–1. */
export const rateSchema = z.strictObject({
  rate: z.number().min(0).max(1),
  faults: z.array(faultSchema).min(1),
});
export type FaultsByRate = z.input<typeof rateSchema>;

/** A script: one fault a call, in order, and none after them; at random; or asked anew for each call. */
export type Script<Request> =
  | readonly Fault[]
  | FaultsByRate
  | ((request: Request) => Fault | undefined);

/** Plays a script; a function is asked for every call, a list is used up, a rate holds on. */
export function createScript<Request>() {
  let takeNext: (request: Request) => Fault | undefined = () => undefined;
  return {
    set(script: Script<Request>): void {
      takeNext = typeof script === 'function' ? script : playData(script);
    },
    take(request: Request): ParsedFault {
      return faultSchema.parse(takeNext(request) ?? { kind: 'pass' });
    },
  };
}

function playData(script: readonly Fault[] | FaultsByRate): () => Fault | undefined {
  if ('rate' in script) {
    const { rate, faults } = script;
    return () =>
      Math.random() < rate ? faults[Math.floor(Math.random() * faults.length)] : undefined;
  }
  let next = 0;
  return () => script[next++];
}
