import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import * as sdkConnections from '../../bench/cold/sdk-connections.ts';
import { measurePictures } from '../../bench/core/core.ts';
import { openCorpus } from '../../bench/corpus/corpus.ts';
import { countItemBytes } from '../../bench/cost/item-bytes.ts';
import { makeBuildFolder, ROOT } from '../../bench/harness/bundles.ts';
import { median, medianRatio } from '../../bench/harness/rounds.ts';
import { formatTable } from '../../bench/harness/table.ts';
import { readOptions } from '../../bench/options.ts';
import { planRun } from '../../bench/plan.ts';
import { describeVerdict, judge } from '../../bench/targets.ts';
import * as connections from '../../lib/aws/connections.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('one round of one small picture gives what it costs and sends', async () => {
  const { pictures } = await openCorpus(['jpeg-0.3'], folder);
  const table = await measurePictures(pictures, 1, []);
  const [row = {}] = table.rows;
  expect(row.picture).toBe('jpeg-0.3');
  for (const column of ['CPU ms', 'peak MiB', 'kB sent']) expect(row[column]).toBeGreaterThan(0);
  expect(formatTable(table)).toMatch(/^## core\n\n\| picture .+\n\| -+ \|.+\n\| jpeg-0\.3 /);
});

test('ratios are taken round by round; a round that one of two lacks says nothing', () => {
  const measured = (...cpuMs: number[]) => ({
    name: 'x',
    costs: cpuMs.map((each) => ({ cpuMs: each })),
  });
  const pick = ({ cpuMs }: { cpuMs: number }) => cpuMs;
  expect(median([9, 1, 5, 2])).toBe(3.5);
  expect(medianRatio(measured(1, 20, 3), measured(2, 20, 12), pick)).toBe(0.5);
  expect(medianRatio(measured(1), measured(), pick)).toBeUndefined();
});

test('the page’s budget is firm: the first view’s files, and what moves at any step', () => {
  const first = { step: 'first view', requests: 40, 'script and style kB': 50, shift: 0 };
  const second = { step: 'library', requests: 90, 'script and style kB': 5, shift: 0.123 };
  const verdicts = judge({ part: 'page', rows: [first, second], notes: [] });
  const missed = verdicts.filter(({ isFirm, isMet }) => isFirm && !isMet);
  expect(missed.map(({ row, column }) => `${row}: ${column}`)).toEqual([
    'library: shift',
    'first view: requests',
  ]);
});

test('what the command line does not know is refused', () => {
  expect(readOptions(['core', '--rounds', '2', '--pictures', 'webp-12'])).toMatchObject({
    parts: ['core'],
    rounds: 2,
    pictures: ['webp-12'],
  });
  for (const args of [['--rounds', '0'], ['--sizes', '10,x'], ['--quick']]) {
    expect(() => readOptions(args)).toThrow();
  }
});

test.each([
  ['no picture nosuch; there are jpeg-', ['core', '--pictures', 'nosuch']],
  ['no part nosuch; there are core, ', ['nosuch']],
  ['--sizes of at least 900 for --rounds 7', ['scale', '--sizes', '100,100000']],
  ['/nowhere/x.json', ['core', '--json', '/nowhere/x.json']],
])('what could not come to its end is refused before anything is measured: %s', (said, args) => {
  expect(() => planRun(args)).toThrow(said);
});

test('what is bundled lies outside the project, which may be read-only, and finds its packages', () => {
  const sharp = createRequire(join(ROOT, 'x.mjs')).resolve('sharp');
  let built = '';
  {
    using folder = makeBuildFolder();
    built = folder.path;
    expect(built.startsWith(ROOT)).toBe(false);
    expect(createRequire(join(built, 'x.mjs')).resolve('sharp')).toBe(sharp);
  }
  expect(existsSync(built)).toBe(false);
  expect(existsSync(sharp)).toBe(true);
});

test('an item is as large as the table bills it: names and values, without the marks of JSON', () => {
  const item = { pk: 'a#1', count: 1_234, ok: true, gone: undefined, tags: ['é', 'b'] };
  expect(countItemBytes(item)).toBe(5 + (5 + 3) + (2 + 1) + (4 + 3 + 2 + 3));
  expect(countItemBytes({ map: { a: null } })).toBe(3 + 3 + 1 + 1 + 1);
});

test('what stands unasked can be measured', () => {
  expect(planRun([]).parts.map(({ name }) => name)).toContain('scale');
});

test('AWS’ own clients stand for all that a function may connect to', () => {
  expect(Object.keys(sdkConnections).sort()).toEqual(Object.keys(connections).sort());
});

test('a table is held against the targets of its rows, and told what is missed by how much', () => {
  const rows = [
    { picture: 'jpeg-12', 'flask: × CPU': 0.71 },
    { picture: 'jpeg-12-p3', 'flask: × CPU': 9 },
    { picture: 'webp-12', 'flask: × CPU': 0.75 },
  ];
  const verdicts = judge({ part: 'pipeline', rows, notes: [] });
  expect(verdicts.map(describeVerdict)).toEqual([
    '✗ jpeg-12, flask: × CPU 0.71: at most 0.5, missed by 42 %',
    '✓ webp-12, flask: × CPU 0.75: at most 0.75',
  ]);
});
