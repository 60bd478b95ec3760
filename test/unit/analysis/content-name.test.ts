import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { nameContent } from '../../../lib/analysis/content.ts';

// Names are stored: one that changed would have every known content paid for anew.

const clip = { start: 1, end: 2 };
const pages = { first: 1, last: 3 };
test.each<[string, object, string]>([
  ['nothing more', {}, '["0a","describe",3,null,null]'],
  ['a prompt', { prompt: 'Who?', maxUsd: 1 }, '["0a","describe",3,"Who?",null]'],
  ['keep', { keep: ['orientation'] }, '["0a","describe",3,null,null,["orientation"]]'],
  ['a clip', { clip }, '["0a","describe",3,null,null,{"clip":{"start":1,"end":2}}]'],
  [
    'options and all',
    { pages, clip, keep: ['capturedAt'], options: '{"b":1}', prompt: 'Who?' },
    '["0a","describe",3,"Who?","{\\"b\\":1}",["capturedAt"],{"clip":{"start":1,"end":2},"pages":{"first":1,"last":3}}]',
  ],
])('the name of a content with %s keeps its bytes', (_, given, asked) => {
  const record = { clientId: 'shop', analyzer: { name: 'describe', version: 3 }, ...given };
  const digest = createHash('sha256').update(asked).digest('hex');
  expect(nameContent(record, '0a')).toBe(`shop#${digest}`);
});
