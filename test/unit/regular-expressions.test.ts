import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ESTree, parseSync, Visitor } from 'vite';
import { expect, test } from 'vitest';

// An expression that takes time by the square of what a client sends is a way to stop the service. None
// does: neither those that meet a client's words today, nor any other, lest one does tomorrow. recheck looks
// at the expression itself, so that no text has to be found on which it is slow.

process.env.RECHECK_SYNC_BACKEND = 'pure'; // the same on every platform
const { checkSync } = await import('recheck');

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** As they are written, each with the file where it is found first. */
const literals = new Map<string, [RegExp, string]>();
/** Files that make one of texts, which cannot be looked at so. */
const makers: string[] = [];

for (const file of globSync('{functions,lib,infra/api}/**/*.ts', { cwd: ROOT }).sort()) {
  const { program, errors } = parseSync(file, readFileSync(`${ROOT}/${file}`, 'utf8'));
  expect(errors).toEqual([]);
  new Visitor({
    Literal: (node) => {
      if (!('regex' in node)) return;
      const { pattern, flags } = node.regex;
      const source = `/${pattern}/${flags}`;
      if (!literals.has(source)) literals.set(source, [new RegExp(pattern, flags), file]);
    },
    NewExpression: ({ callee }) => noteMaker(callee, file),
    CallExpression: ({ callee }) => noteMaker(callee, file),
  }).visit(program);
}

function noteMaker(callee: ESTree.Expression, file: string) {
  if (callee.type === 'Identifier' && callee.name === 'RegExp') makers.push(file);
}

/** What is linear however often a piece is repeated is so up to a limit, too, and that is found out sooner. */
function isLinear({ source, flags }: RegExp): boolean {
  const unlimited = source.replaceAll(/\{(\d+)(?:,\d*)?\}/g, (_, least) =>
    least === '0' ? '*' : '+',
  );
  const isSafe = (pattern: string) =>
    checkSync(pattern, flags, { timeout: null }).status === 'safe';
  return isSafe(unlimited) || (unlimited !== source && isSafe(source));
}

test('there are some, and none is made of texts', () => {
  expect(literals.size).toBeGreaterThan(50);
  expect(makers).toEqual([]);
});

test.each([...literals])('%s is linear', (_, [expression, file]) => {
  expect(isLinear(expression), file).toBe(true);
});

test.each([
  ['a run that is searched anew from each of its characters', /-+$/],
  ['a text that is never closed', /\((?:\\.|[^\\()])*\)/gs],
  ['spaces that two pieces may take', /<\s*\/?\s*b>/],
  ['choices that mean the same', /^(a|b|ab)*$/],
])('%s would be seen', (_, expression) => {
  expect(isLinear(expression)).toBe(false);
});
