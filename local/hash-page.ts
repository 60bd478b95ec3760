import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the page is made of, from the project's root: a change to any of it is another page. */
const SOURCES = [
  'web/**/*.*',
  'packages/client/*.*',
  'infra/{notices,page}/*.ts',
  'package-lock.json',
];

/** A name for the page as its sources are now. */
export function hashPage(root: string): string {
  const hash = createHash('sha256');
  for (const path of SOURCES.flatMap((pattern) => globSync(pattern, { cwd: root }).toSorted())) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}
