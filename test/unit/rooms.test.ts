import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** The rooms of lib/ that each room may import from; files of lib/ itself are open to all but the adapters. */
const ALLOWED: Record<string, readonly string[]> = {
  aws: [],
  analyzers: [],
  gemini: [],
  media: [],
  door: ['aws'],
  rates: ['aws', 'door'],
  api: ['aws', 'door', 'rates'],
  money: ['aws', 'gemini'],
  webhooks: ['aws', 'api'],
  work: ['aws', 'gemini', 'analyzers', 'media', 'api', 'money', 'webhooks'],
  requests: ['aws', 'analyzers', 'media', 'api', 'money', 'webhooks', 'work'],
};

function listImports(file: string): string[] {
  const code = readFileSync(file, 'utf8');
  return [...code.matchAll(/(?:from |import\()'(\.[^']+)'/g)].map(([, path = '']) =>
    join(dirname(file), path),
  );
}

const roomOf = (file: string) => (file.split('/').length > 2 ? file.split('/')[1] : undefined);

test('every room is in the table', () => {
  const rooms = new Set(globSync('lib/*/*.ts').map(roomOf));
  expect([...rooms].sort()).toEqual(Object.keys(ALLOWED).sort());
});

test.each(Object.entries(ALLOWED))('lib/%s imports from %j and no other room', (room, allowed) => {
  const imports = globSync(`lib/${room}/*.ts`).flatMap(listImports);
  const rooms = new Set(imports.map(roomOf).filter((other) => other && other !== room));
  expect([...rooms].filter((other) => !allowed.includes(other ?? ''))).toEqual([]);
});

test('what is deployed describes data by zod/mini: zod itself doubles the time that a function takes to load', () => {
  const files = globSync('{functions,lib}/**/*.ts');
  const whole = (file: string) => /from 'zod';/.test(readFileSync(file, 'utf8'));
  expect(files.filter(whole)).toEqual([]);
});
