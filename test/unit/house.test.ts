import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

// A file is a subject: one that is short and has a single importer in its own room belongs to that importer.

/** Lines below which a file with one importer has to say why it stands by itself. */
const SMALL_LINES = 150;
/** Lines of a file, but for generated ones. */
const MOST_LINES = 400;
const MOST_EXCEPTIONS = 10;
/** Small files with one importer, each with the reason why it stands by itself. */
const EXCEPTIONS: Record<string, string> = {
  'lib/analyzers/answer-check.ts':
    "a checker of answers, made of a client's schema; with it 260 lines",
  'lib/auth/jwt.ts': 'tokens of another issuer, which few stages take',
  'lib/gemini/converse.ts': 'the dialogue about an answer that cannot be used; the client sends',
  'lib/media/image/colours.ts': 'a step of the pipeline, which would pass 300 lines',
  'lib/media/image/cost.ts': 'the bounds of a picture, which every format meets',
  'lib/media/image/formats/heif/structure.ts': "one of the files of a large format's folder",
  'lib/media/image/formats/tiff/old-jpeg.ts': 'a variant of TIFF with a format of its own',
  'lib/work/keep-picture.ts': 'a step of the pipeline',
  'lib/work/paid-once.ts': 'a step of the pipeline, with a table of states of its own',
  'lib/work/send-media.ts': 'a step of the pipeline',
};
/** Files that a thread runs, or that are loaded only when they are needed. */
const LOADED_APART = /-(thread|library)\.ts$/;
/** Importers that are tables: each of their rows is a file. */
const TABLE = /\/(formats|registry)\.ts$/;
const GENERATED = ['packages/client/types.d.ts'];

const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n').length - 1;
const roomOf = (file: string) => file.split('/').slice(0, 2).join('/');

function findImporters(files: string[]): Map<string, Set<string>> {
  const importers = new Map<string, Set<string>>();
  for (const file of files)
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(
      /(?:from |import\(|new URL\()\s*'(\.[^']+)'/g,
    )) {
      const target = join(dirname(file), path);
      importers.set(target, (importers.get(target) ?? new Set()).add(file));
    }
  return importers;
}

describe('the files of lib/', () => {
  const files = globSync('{functions,lib,local,infra}/**/*.ts').filter(
    (file) => !file.includes('node_modules'),
  );
  const importers = findImporters(files);

  test('stand by themselves where they are large, shared, or have a reason', () => {
    const small = files.filter((file) => {
      const [importer, ...more] = importers.get(file) ?? [];
      if (!file.startsWith('lib/') || importer === undefined || more.length > 0) return false;
      if (LOADED_APART.test(file) || TABLE.test(importer)) return false;
      return roomOf(importer) === roomOf(file) && linesOf(file) < SMALL_LINES;
    });
    expect(small.toSorted()).toEqual(Object.keys(EXCEPTIONS).toSorted());
    expect(Object.keys(EXCEPTIONS).length).toBeLessThanOrEqual(MOST_EXCEPTIONS);
  });
});

test(`no file has more than ${MOST_LINES} lines`, () => {
  const files = globSync('{functions,lib,local,infra,web}/**/*.{ts,tsx}').concat(
    globSync('packages/*/{*.ts,src/**/*.ts}'),
  );
  expect(files.length).toBeGreaterThan(300);
  const long = files.filter((file) => linesOf(file) > MOST_LINES && !GENERATED.includes(file));
  expect(long).toEqual([]);
});
