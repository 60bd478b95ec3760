import { afterEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ServiceError } from '../../lib/errors.ts';
import { createGemini } from '../../lib/gemini/client.ts';
import type { Meter, Tally } from '../../lib/model/meter.ts';
import {
  type GeminiServer,
  refuse,
  type Step,
  say,
  startGeminiServer,
} from '../support/gemini-server.ts';

const GOOD = say('{"caption":"a cat"}');
const CUT = say('', { finishReason: 'MAX_TOKENS' });
const answer = z.object({ caption: z.string() });
const request = {
  instructions: 'Say what it is.',
  prompt: 'Describe.',
  media: { mediaType: 'image/jpeg', bytes: new Uint8Array([0xff, 0xd8]) },
  answerSchema: z.toJSONSchema(answer),
  mediaResolution: 'high' as const,
  maxOutputTokens: 1_000,
};

let server: GeminiServer | undefined;
afterEach(() => server?.close());

/** Asks with a meter that admits so many calls; what it was told comes back. */
async function ask(steps: Step[], admitted = Number.POSITIVE_INFINITY) {
  server = await startGeminiServer(steps);
  const bounds: number[] = [];
  const spentBefore: number[] = [];
  const closed: Tally[] = [];
  const meter: Meter = {
    async admit({ mostUsd }, { chargeUsd }) {
      bounds.push(mostUsd);
      spentBefore.push(chargeUsd);
      if (bounds.length > admitted) throw new ServiceError('budget_exhausted');
    },
    close: (tally) => void closed.push({ ...tally }),
  };
  const gemini = createGemini({
    baseUrl: server.url,
    models: ['gemini-3.8-flash', 'gemini-3.1-flash-lite'],
    readKey: async () => 'key',
    sleep: async () => undefined,
  });
  const limits = { signal: new AbortController().signal, deadline: Date.now() + 20_000, meter };
  const outcome = await gemini
    .ask(request, (json) => answer.parse(json), limits)
    .catch((error: unknown) => error);
  return { outcome, bounds, spentBefore, closed, calls: server.seen.length };
}

describe('a meter is told', () => {
  test('before a call what it may cost at most, and in the end what it did', async () => {
    const { bounds, closed } = await ask([GOOD]);
    const [tally] = closed;
    expect(bounds).toHaveLength(1);
    expect(closed).toHaveLength(1);
    expect(tally).toMatchObject({ calls: 1, spent: { inputTokens: 1_200, outputTokens: 150 } });
    expect(tally?.chargeUsd).toBe(tally?.spent.costUsd);
    expect(bounds[0]).toBeGreaterThan(tally?.chargeUsd ?? 0);
    expect(bounds[0]).toBeLessThan(0.02);
  });

  test('of every further call, with what was spent so far: a larger one has a larger bound', async () => {
    const { bounds, spentBefore } = await ask([CUT, GOOD]);
    expect(bounds).toHaveLength(2);
    expect(bounds[1]).toBeGreaterThan(bounds[0] ?? 0);
    expect(spentBefore[0]).toBe(0);
    expect(spentBefore[1]).toBeGreaterThan(0);
  });

  test('what calls did that led to nothing', async () => {
    const { outcome, closed } = await ask([CUT, CUT]);
    expect(outcome).toMatchObject({ code: 'model_output_invalid' });
    expect(closed).toMatchObject([{ calls: 2, spent: { outputTokens: 300 } }]);
  });

  test('of a model without a price what the dearest would cost', async () => {
    const unlisted = say('{"caption":"a cat"}', {}, { modelVersion: 'unlisted-1' });
    const { closed } = await ask([unlisted]);
    expect(closed[0]?.spent.costUsd).toBeUndefined();
    const listed = await ask([GOOD]);
    expect(closed[0]?.chargeUsd).toBeGreaterThan(listed.closed[0]?.chargeUsd ?? Infinity);
  });
});

describe('a meter that admits no more', () => {
  test('ends the question before the call, and no other model is asked', async () => {
    const { outcome, calls, closed } = await ask([GOOD], 0);
    expect(outcome).toMatchObject({ code: 'budget_exhausted' });
    expect(calls).toBe(0);
    expect(closed).toMatchObject([{ calls: 0, chargeUsd: 0 }]);
  });

  test('ends it between two tries as well', async () => {
    const { outcome, calls } = await ask([refuse(503, 'UNAVAILABLE'), GOOD], 1);
    expect(outcome).toMatchObject({ code: 'budget_exhausted' });
    expect(calls).toBe(1);
  });
});
