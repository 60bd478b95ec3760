import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { auth, idempotency, readRate, uploadRate } from '../../lib/api/route.ts';
import { listDeployed } from './deployed.ts';
import type { Packaged } from './package-stage.ts';

const ROOT = new URL('../../', import.meta.url);

/** Read by others, or without `readConfig`. */
const READ_OTHERWISE = [
  { name: 'SERVICE_NAME', whereSource: /\bSERVICE_NAME: service\b/ },
  { name: 'MALLOC_ARENA_MAX', whereSource: /'sharp'/ },
];

/** What is wrong with the functions' environments: a variable that the code reads and that is not set, or the other way. */
export async function findEnvironmentProblems(packaged: Packaged): Promise<string[]> {
  const functions = await listDeployed(packaged);
  return functions.flatMap(({ name, environment }) => {
    const needed = listNeeded(name);
    const given = Object.keys(environment);
    return [
      ...needed.filter((each) => !environment[each]).map((each) => `${name} lacks ${each}`),
      ...given.filter((each) => !needed.includes(each)).map((each) => `${name} needs no ${each}`),
    ];
  });
}

/** By function: hundreds of broken templates are held against the same sources. */
const needs = new Map<string, string[]>();

const guards = { auth, idempotency, readRate, uploadRate };

function listNeeded(name: string): string[] {
  const known = needs.get(name) ?? readNeeded(name);
  needs.set(name, known);
  return known;
}

function readNeeded(name: string): string[] {
  const file = `functions/${name}.ts`;
  const source = read(file);
  const list = /(?:readConfig\(|settings: )\[([^\]]*)\]/.exec(source)?.[1] ?? '';
  const own = [...list.matchAll(/'(\w+)'/g)].map(([, variable = '']) => variable);
  const named = /guards: \[([^\]]*)\]/.exec(source)?.[1] ?? '';
  const guarded = Object.entries(guards).filter(([name]) =>
    new RegExp(`\\b${name}\\b`).test(named),
  );
  const ofGuards = guarded.flatMap(([, { settings }]): string[] => [...settings]);
  const sources = [...collectImports(file)].map(read);
  const others = READ_OTHERWISE.filter(({ whereSource }) =>
    sources.some((source) => whereSource.test(source)),
  );
  return [...new Set([...own, ...ofGuards, ...others.map((each) => each.name)])];
}

function collectImports(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, path = ''] of read(file).matchAll(/(?:from |import\()'(\.[^']+)'/g)) {
    const url = new URL(path, new URL(file, ROOT));
    collectImports(fileURLToPath(url).slice(fileURLToPath(ROOT).length), seen);
  }
  return seen;
}

function read(file: string): string {
  return readFileSync(new URL(file, ROOT), 'utf8');
}
