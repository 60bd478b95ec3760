import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeBuildFolder, writeBundles } from '../harness/bundles.ts';
import { startProgress } from '../harness/progress.ts';
import {
  type Cost,
  type Measured,
  measureInTurn,
  medianCost,
  medianRatio,
  type Variant,
} from '../harness/rounds.ts';
import { runNodeCell } from '../harness/run-cell.ts';
import type { Row, Table } from '../harness/table.ts';
import type { Options } from '../options.ts';
import {
  type EmulatedFunction,
  type Emulators,
  startEmulators,
} from '../service/start-emulators.ts';
import { writePlainBundles } from './plain-bundle.ts';

interface Module extends EmulatedFunction {
  packaged: string;
  plain: string;
}

/** What the import of each function costs over that of one that does nothing, as packaged and as esbuild bundles it unasked. */
export async function measureCold({ rounds }: Options): Promise<Table> {
  const emulators = await startEmulators(); // for the environment alone: an import calls nothing
  try {
    return await measureImports(emulators, rounds);
  } finally {
    await emulators.close();
  }
}

async function measureImports({ functions }: Emulators, rounds: number): Promise<Table> {
  using build = makeBuildFolder();
  const folder = build.path;
  const sources = functions.map(({ source }) => source);
  const [cell = ''] = await writeBundles(join(folder, 'cell'), ['bench/cold/cell.ts']);
  const packaged = await writeBundles(join(folder, 'packaged'), sources);
  const plain = await writePlainBundles(join(folder, 'plain'), sources);
  const variants = listVariants(cell, writeEmpty(folder));
  const rows: Row[] = [];
  const progress = startProgress('cold', functions.length * rounds);
  for (const [index, one] of functions.entries()) {
    const module = { ...one, packaged: packaged[index] ?? '', plain: plain[index] ?? '' };
    const onRound = progress.ofRounds(one.name);
    rows.push(describeRow(module, await measureInTurn(module, variants, rounds, onRound)));
  }
  progress.end();
  const meaning =
    'Milliseconds are those of an empty handler’s import less, for both; ×: of the plain esbuild bundle of the same handler and its sources, which have a client of their own in the place of AWS’ for most calls.';
  return { part: 'cold', rows, notes: [meaning] };
}

function listVariants(cell: string, empty: string): Variant<Module>[] {
  const run = (pick: (module: Module) => string) => (module: Module) =>
    runNodeCell(cell, [pick(module)], module.environment);
  return [
    { name: 'empty', measure: run(() => empty) },
    { name: 'packaged', measure: run(({ packaged }) => packaged) },
    { name: 'plain', measure: run(({ plain }) => plain) },
  ];
}

function writeEmpty(folder: string): string {
  const file = join(folder, 'empty', 'empty.mjs');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, 'export const handler = async () => {};\n');
  return file;
}

function describeRow({ name, packaged }: Module, [empty, ...measured]: Measured[]): Row {
  const [ours, plain] = measured.map((one) => subtract(one, empty));
  if (!ours || !plain) return {};
  const cpu = (cost: Cost) => cost.cpuMs;
  return {
    function: name,
    kB: statSync(packaged).size / 1000,
    'CPU ms': medianCost(ours, cpu),
    'wall ms': medianCost(ours, ({ wallMs }) => wallMs),
    'plain CPU ms': medianCost(plain, cpu),
    'plain wall ms': medianCost(plain, ({ wallMs }) => wallMs),
    '× CPU of plain': medianRatio(ours, plain, cpu),
  };
}

/** Round by round. */
function subtract(measured: Measured, empty: Measured | undefined): Measured {
  const costs = measured.costs.map((cost, round) => {
    const base = empty?.costs[round];
    const wallMs = (cost.wallMs ?? NaN) - (base?.wallMs ?? NaN);
    return { cpuMs: cost.cpuMs - (base?.cpuMs ?? NaN), wallMs };
  });
  return { name: measured.name, costs };
}
