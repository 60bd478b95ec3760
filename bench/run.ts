import { writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { measureApi } from './api/api.ts';
import { measureCold } from './cold/cold.ts';
import { measureCore } from './core/core.ts';
import { calculateCost } from './cost/cost.ts';
import { formatTable, type Table } from './harness/table.ts';
import { measureMemory } from './memory/memory.ts';
import { type Options, readOptions } from './options.ts';
import { measurePage } from './page/page.ts';
import { measurePipeline } from './pipeline/pipeline.ts';
import { measureScale } from './scale/scale.ts';
import { measureSoak } from './soak/soak.ts';

// `npm run bench`: measures, prints a table a part, and writes the figures.

const PARTS: Record<string, (options: Options) => Promise<Table>> = {
  core: measureCore,
  cold: measureCold,
  pipeline: measurePipeline,
  api: measureApi,
  scale: measureScale,
  memory: measureMemory,
  soak: measureSoak,
  cost: calculateCost,
  page: measurePage,
};

// A signal alone would leave folders and servers behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await run(readOptions(process.argv.slice(2)));

async function run(options: Options): Promise<void> {
  const names = options.parts.length > 0 ? options.parts : Object.keys(PARTS);
  const unknown = names.filter((name) => !(name in PARTS));
  if (unknown.length > 0) {
    throw new Error(`no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
  }
  const machine = describeMachine();
  const { rounds } = options;
  console.log(`${machine.date.slice(0, 10)}, ${machine.processor}, ${rounds} rounds\n`);
  const tables: Table[] = [];
  for (const name of names) {
    const table = await PARTS[name]?.(options);
    if (!table) continue;
    console.log(`${formatTable(table)}\n`);
    tables.push(table);
    if (table.excesses?.length) process.exitCode = 1;
    // After each part: what was measured is there, whatever becomes of the next.
    if (options.json) writeJson(options.json, { ...machine, rounds, tables });
  }
}

function writeJson(file: string, figures: object): void {
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

function describeMachine() {
  const [first] = cpus();
  return {
    date: new Date().toISOString(),
    processor: `${cpus().length} × ${first?.model.trim() ?? 'unknown'}`,
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    platform: `${platform()} ${arch()}`,
    node: process.version,
  };
}
