import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Package {
  optionalDependencies?: Record<string, string>;
  resolved?: string;
}
const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
const { packages }: { packages: Record<string, Package> } = JSON.parse(text);

/** Where npm would look for a package: beside the one that wants it, then further up. */
function isLocked(wanter: string, name: string): boolean {
  const folders = wanter.split('/node_modules/');
  return folders.some((_, index) => {
    const folder = folders.slice(0, folders.length - index).join('/node_modules/');
    return `${folder}/node_modules/${name}` in packages || `node_modules/${name}` in packages;
  });
}

test('the lock file holds the packages of every platform: npm refuses it otherwise', () => {
  const missing = Object.entries(packages).flatMap(([wanter, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !isLocked(wanter, name)),
  );
  expect(missing).toEqual([]);
});

test('the lock file names no registry', () => {
  expect(Object.values(packages).filter(({ resolved }) => resolved?.includes(':'))).toEqual([]);
});

test('the workflow runs .ci/run, with actions by their commits and on the Node that package.json asks for', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const { jobs, permissions } = parse(read('.github/workflows/ci.yml'));
  const { steps, strategy } = jobs.test;
  expect(steps.at(-1)).toEqual({ run: 'bash .ci/run' });
  for (const { uses } of steps.slice(0, -1)) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[\da-f]{40}$/);
  expect(permissions).toEqual({ contents: 'read' });
  const [oldest, newest] = strategy.matrix.node;
  expect(JSON.parse(read('package.json')).engines.node).toBe(`>=${oldest}`);
  expect(read('.nvmrc').trim()).toBe(newest);
});

test('the client ships nothing of others, and so needs no notices', () => {
  const folder = new URL('../../packages/client/', import.meta.url);
  const sources = readdirSync(folder).filter((name) => /\.(d\.ts|js)$/.test(name));
  expect(sources.length).toBeGreaterThan(3);
  for (const name of sources) {
    const source = readFileSync(new URL(name, folder), 'utf8');
    const imported = [...source.matchAll(/(?:from |import\()'([^']+)'/g)].map(([, path]) => path);
    expect(imported.filter((path) => !path?.startsWith('./'))).toEqual([]);
  }
});
