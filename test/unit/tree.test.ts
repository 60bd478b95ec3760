import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOT_OURS = /^(node_modules|coverage|\..*)$/;

test('pictures lie among the screenshots and the fixtures alone: what a look at something left behind does not', () => {
  const exclude = (name: string) => NOT_OURS.test(name.split('/').at(-1) ?? '');
  const pictures = globSync('**/*.{png,jpg,jpeg,webp,gif}', { cwd: ROOT, exclude });
  expect(pictures.length).toBeGreaterThan(10);
  const stray = pictures.filter((path) => !/(^|\/)(screenshots|fixtures)\//.test(path));
  expect(stray).toEqual([]);
});
