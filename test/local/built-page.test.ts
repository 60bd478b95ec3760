import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { readyPage } from '../../local/built-page.ts';
import { hashPage } from '../../local/hash-page.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sightline-built-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('where the page cannot be kept beside its sources, it is kept with the data, and that is said once', async () => {
  writeFileSync(join(folder, 'file'), '');
  const caches = [join(folder, 'file/cache'), join(folder, 'data/page')] as const;
  const printed: string[] = [];
  const built = await readyPage(ROOT, caches, (line) => printed.push(line));
  expect(printed).toEqual([expect.stringMatching(/^the page is kept in .*data\/page.*ENOTDIR/)]);
  expect(built).toBe(join(folder, 'data/page', hashPage(ROOT)));
  expect(existsSync(join(built, 'index.html'))).toBe(true);
  expect(readdirSync(join(folder, 'data/page'))).toHaveLength(1); // nothing unfinished
  expect(await readyPage(ROOT, caches, () => expect.unreachable())).toBe(built);
});

test('where it can be kept nowhere, that is the error', async () => {
  await expect(readyPage(ROOT, [join(folder, 'file/cache')], () => {})).rejects.toThrow(/ENOTDIR/);
});

test('one that was built before is used as it is', async () => {
  const built = join(folder, 'cache', hashPage(ROOT));
  mkdirSync(built, { recursive: true });
  writeFileSync(join(built, 'index.html'), '');
  expect(await readyPage(ROOT, [join(folder, 'cache')], () => expect.unreachable())).toBe(built);
});
