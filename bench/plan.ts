import { closeSync, openSync } from 'node:fs';
import { PICTURE_NAMES } from './corpus/corpus.ts';
import { type Options, readOptions } from './options.ts';
import { PARTS, type Part } from './parts.ts';

/** What a command line asks for. Throws, before anything is measured, where it could not come to its end. */
export function planRun(args: readonly string[]): { options: Options; parts: Part[] } {
  const options = readOptions(args);
  if (options.help) return { options, parts: [] };
  const parts = choose(options.parts);
  refuseUnknown('picture', options.pictures, PICTURE_NAMES);
  for (const { check } of parts) check?.(options);
  if (options.json) closeSync(openSync(options.json, 'a')); // what is there stays until a part is done
  return { options, parts };
}

function choose(names: string[]): Part[] {
  refuseUnknown(
    'part',
    names,
    PARTS.map(({ name }) => name),
  );
  return PARTS.filter(({ name }) => names.length === 0 || names.includes(name));
}

function refuseUnknown(kind: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`no ${kind} ${unknown.join(', ')}; there are ${known.join(', ')}`);
}
