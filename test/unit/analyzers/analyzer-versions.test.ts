import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { BUILT_IN, findBuiltIn } from '../../../lib/analyzers/registry.ts';

// What each version asks, by its digest. Another prompt or schema is another version, in a new row beside
// the old one: stored analyses name the version that made them.
const ASKED = {
  'describe@1': '26c1be3a8846a6c5',
  'describe@2': 'd6f82af980b1afb3',
  'read-text@1': '586260fb71a6ced7',
  'read-text@2': '2475734082c622ea',
  'moderate@1': 'f96bda24fa341428',
  'moderate@2': 'db3b80f21e8b7da9',
  'classify@1': 'f17872595f007308',
  'classify@2': 'a6f0259ccc81af77',
  'extract@1': '373688145f435ce8',
  'describe-document@1': '6330cd9e1c4724bb',
  'describe-document@2': 'ef6a5c7623cbf847',
  'describe-video@1': 'd6fdca04f1c57cdf',
  'describe-video@2': 'afee6d4049ff0ece',
  'transcribe@1': '74b83370e12c07ec',
};

const options: Record<string, object> = {
  classify: { labels: ['cat', 'dog'] },
  extract: { schema: { type: 'object', properties: { total: { type: 'number' } } } },
};

function digestOf({ name, createQuestion }: (typeof BUILT_IN)[number]): string {
  const asked = [undefined, 'Why?'].map((question) => {
    const { instructions, prompt, answerSchema } = createQuestion({
      question,
      options: options[name],
    });
    return { systemInstruction: instructions, prompt, responseJsonSchema: answerSchema };
  });
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 16);
}

test('each version asks what it always asked', () => {
  const asked = BUILT_IN.map((analyzer) => [
    `${analyzer.name}@${analyzer.version}`,
    digestOf(analyzer),
  ]);
  expect(Object.fromEntries(asked)).toEqual(ASKED);
});

test('given no version, then the newest is found; given one, then that', () => {
  for (const { name, version } of BUILT_IN) {
    expect(findBuiltIn(name, version)).toMatchObject({ name, version });
    expect(findBuiltIn(name)?.version).toBeGreaterThanOrEqual(version);
    expect(findBuiltIn(name, 999)).toBeUndefined();
  }
});
