import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';

/** The rooms of lib/, from the lowest: each imports from those that its row names, and all from lib's own files. */
const ROOMS = z
  .record(z.string(), z.array(z.string()))
  .parse(JSON.parse(readFileSync('lib/rooms.json', 'utf8')));
const ORDER = Object.keys(ROOMS);

interface Import {
  /** The file, and what it imports, from the project's root. */
  from: string;
  to: string;
}

function listImports(file: string, code = readFileSync(file, 'utf8')): Import[] {
  return [...code.matchAll(/(?:from |import\()'(\.[^']+)'/g)].map(([, path = '']) => ({
    from: file,
    to: join(dirname(file), path),
  }));
}

/** Of a file in a room, however deeply nested; else undefined. */
const roomOf = (file: string) => /^lib\/([^/]+)\//.exec(file)?.[1];
/** Of a module that is not our own: the workspace that plays AWS. */
const isLaptops = (code: string) => /from 'laptop-cloud/.test(code);

function isForbidden({ from, to }: Import): boolean {
  const [room, target] = [roomOf(from), roomOf(to)];
  if (from.startsWith('functions/')) return !to.startsWith('lib/');
  if (!to.startsWith('lib/')) return true;
  if (room === undefined) return target !== undefined;
  return target !== undefined && target !== room && !ROOMS[room]?.includes(target);
}

describe('imports of what is deployed', () => {
  const files = globSync('{functions,lib}/**/*.ts');

  test('point from each room to those that lib/rooms.json names, from nested folders, too', () => {
    const forbidden = files.flatMap((file) => listImports(file)).filter(isForbidden);
    expect(forbidden.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
    expect(files.filter((file) => isLaptops(readFileSync(file, 'utf8')))).toEqual([]);
  });

  test('point one way: a row names only rooms above it, and every room has one', () => {
    for (const [index, room] of ORDER.entries())
      expect(ORDER.slice(0, index), room).toEqual(expect.arrayContaining(ROOMS[room] ?? []));
    const rooms = new Set(files.map(roomOf).filter((room) => room !== undefined));
    expect([...rooms].sort()).toEqual([...ORDER].sort());
  });

  test.each([
    ['lib/media/image/formats/jpeg/scan.ts', '../../../../gemini/client.ts'],
    ['lib/aws/wire/client.ts', '../../work/settle.ts'],
    ['lib/requests/upload.ts', '../../local/stack.ts'],
    ['lib/errors.ts', './analysis/record.ts'],
    ['functions/analyze.ts', '../local/stack.ts'],
  ])('would be refused from %s to %s', (file, path) => {
    expect(listImports(file, `import { x } from '${path}';`).filter(isForbidden)).toHaveLength(1);
  });
});

test('docs/architecture.md shows the rooms as lib/rooms.json has them', () => {
  const rows = ORDER.map((room) => `| \`${room}\` | ${(ROOMS[room] ?? []).join(', ') || '–'} |`);
  expect(readFileSync('docs/architecture.md', 'utf8')).toContain(rows.join('\n'));
});

test('what is deployed describes data by zod/mini: zod itself doubles the time that a function takes to load', () => {
  const files = globSync('{functions,lib}/**/*.ts');
  const whole = (file: string) => /from 'zod';/.test(readFileSync(file, 'utf8'));
  expect(files.filter(whole)).toEqual([]);
});
