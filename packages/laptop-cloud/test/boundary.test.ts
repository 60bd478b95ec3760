import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

// The package stands alone: it knows nothing of the project that holds it as a workspace.

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const files = globSync('**/*.{ts,json,yml,md}', { cwd: ROOT, exclude: ['**/node_modules/**'] });
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const own: { name: string; dependencies: object; devDependencies: object } = JSON.parse(
  read('package.json'),
);

/** What every file of the folder imports: `file: specifier`. */
function listImports(folder: string): { file: string; specifier: string }[] {
  return files
    .filter((file) => file.startsWith(`${folder}/`) && file.endsWith('.ts'))
    .flatMap((file) =>
      [
        ...read(file).matchAll(
          /(?:\bfrom |\bimport\(|^import )['"`]([^'"`]+)|\bload\(['"`]([^'"`]+\/)/gm,
        ),
      ].map(([, imported, loaded]) => ({ file, specifier: imported ?? loaded ?? '' })),
    );
}

/** `@scope/name/path` → `@scope/name`. */
const packageOf = (specifier: string) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '';

function isAllowed(file: string, specifier: string, packages: string[]): boolean {
  if (specifier.startsWith('.')) {
    return !relative(ROOT, join(ROOT, dirname(file), specifier)).startsWith('..');
  }
  const name = packageOf(specifier);
  return isBuiltin(specifier) || packages.includes(name) || packages.includes(`@types/${name}`);
}

test.each([
  ['src', Object.keys(own.dependencies)],
  ['sample', Object.keys({ ...own.devDependencies, [own.name]: '' })],
  ['test', Object.keys({ ...own.dependencies, ...own.devDependencies })],
])('%s/ imports itself, Node and the packages that package.json declares', (folder, packages) => {
  const imports = listImports(folder);
  expect(imports.length).toBeGreaterThan(5);
  const foreign = imports.filter(({ file, specifier }) => !isAllowed(file, specifier, packages));
  expect(foreign).toEqual([]);
});

test('names nobody who uses it', () => {
  const { name } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  const named = files.filter((file) => new RegExp(name, 'i').test(read(file)));
  expect(named).toEqual([]);
});
