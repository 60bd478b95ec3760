import { afterAll, beforeAll, expect, test } from 'vitest';
import { MODELS } from '../../lib/gemini/models.ts';
import { DESCRIBE_ANSWER } from '../support/describe-answer.ts';
import { createFaultRunner } from '../support/fault-run.ts';
import { type GeminiServer, say, startGeminiServer } from '../support/gemini-server.ts';
import { type Service, startService } from '../support/service.ts';

const USAGE = {
  promptTokenCount: 12_345,
  cachedContentTokenCount: 4_096,
  candidatesTokenCount: 678,
  thoughtsTokenCount: 9_012,
  totalTokenCount: 22_035,
};
/** A thousandth of a cent, in USD. */
const TOLERANCE_USD = 1e-5;

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** An analysis by a model that says it is this one, and that its answer cost so many tokens. */
async function analyseBy(modelVersion: string, usageMetadata: object = USAGE) {
  const text = JSON.stringify(DESCRIBE_ANSWER);
  const server: GeminiServer = await startGeminiServer([
    say('no JSON', {}, { modelVersion, usageMetadata }),
    say(text, {}, { modelVersion, usageMetadata }),
  ]);
  const { record } = await createFaultRunner(service, { baseUrl: server.url }).run();
  await server.close();
  return record;
}

test.each(Object.entries(MODELS))(
  'given %s, then the record of two calls costs what its tokens cost by the table, to a thousandth of a cent',
  async (model, { prices }) => {
    const today = new Date().toISOString();
    const price = prices.find(({ from = '' }) => from <= today);
    if (!price) throw new Error('no price for today');
    const { input, cachedInput = input, output } = price;
    const millionths = (12_345 - 4_096) * input + 4_096 * cachedInput + (678 + 9_012) * output;

    const { usage, model: answered } = await analyseBy(`${model}-001`);

    expect(answered).toBe(`${model}-001`);
    expect(usage).toMatchObject({
      inputTokens: 2 * 12_345,
      cachedTokens: 2 * 4_096,
      outputTokens: 2 * (678 + 9_012),
      thinkingTokens: 2 * 9_012,
      totalTokens: 2 * 22_035,
      attempts: 1,
      calls: 2,
      latencyMs: expect.any(Number),
    });
    expect(Math.abs((usage?.costUsd ?? 0) - (2 * millionths) / 1e6)).toBeLessThan(TOLERANCE_USD);
  },
);

test('given a model without a price, then its tokens are counted and no cost is made up', async () => {
  const { usage } = await analyseBy('gemini-9-unheard-of');
  expect(usage).toMatchObject({ inputTokens: 2 * 12_345, calls: 2 });
  expect(usage).not.toHaveProperty('costUsd');
});
