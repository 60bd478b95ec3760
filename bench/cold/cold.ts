import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeBuildFolder, writeBundles } from '../harness/bundles.ts';
import { startProgress } from '../harness/progress.ts';
import { type Measured, measureInTurn, medianCost, medianRatio } from '../harness/rounds.ts';
import type { Row, Table } from '../harness/table.ts';
import type { Options } from '../options.ts';
import { readEvent } from '../service/example-event.ts';
import { type Emulators, startEmulators } from '../service/start-emulators.ts';
import { writePlainBundles } from './plain-bundle.ts';
import { sdkClients } from './sdk-clients.ts';
import { listVariants, type Module } from './variants.ts';

/** Whose first answer is measured, too: by an event of events/. */
const ANSWERING = [
  'create-upload',
  'get-analysis',
  'list-analyses',
  'get-usage',
  'list-webhooks',
  'get-analyzer',
  'list-analyzers',
];
const STORED_ANALYSES = 20;

const NOTES = [
  'kB: of the module that is imported, without those beside it, which are loaded when they are needed.',
  'Milliseconds are those of an empty handler’s import less. An import is measured with the settings of a deployed function; the first answer, which counts import and all, is given to a process of its own, over HTTP without TLS, which on AWS comes on top for all alike.',
  '× plain: of a plain esbuild bundle of the same handler and its sources, which have a client of their own in the place of AWS’ for most calls. × SDK: of a plain esbuild bundle of them with AWS’ clients (DynamoDB’s document client, SQS, S3, Secrets Manager) and their search for credentials in that place; forms and links are signed by hand there, too.',
];

/** What the import of each function costs over that of one that does nothing, as packaged and as esbuild bundles it unasked. */
export async function measureCold({ rounds }: Options): Promise<Table> {
  const emulators = await startEmulators();
  try {
    return await measureAll(emulators, rounds);
  } finally {
    await emulators.close();
  }
}

async function measureAll(emulators: Emulators, rounds: number): Promise<Table> {
  using build = makeBuildFolder();
  const since = Date.now();
  await emulators.fill(STORED_ANALYSES, since);
  const [cell = ''] = await writeBundles(join(build.path, 'cell'), ['bench/cold/cell.ts']);
  const variants = listVariants(cell, writeFile(build.path, 'empty.mjs', EMPTY));
  const modules = await bundleAll(emulators, build.path, since);
  const rows: Row[] = [];
  const progress = startProgress('cold', modules.length * rounds);
  for (const module of modules) {
    const onRound = progress.ofRounds(module.name);
    rows.push(describeRow(module, await measureInTurn(module, variants, rounds, onRound)));
  }
  progress.end();
  return { part: 'cold', rows, notes: NOTES };
}

const EMPTY = 'export const handler = async () => {};\n';

async function bundleAll({ functions }: Emulators, folder: string, since: number) {
  const sources = functions.map(({ source }) => source);
  const packaged = await writeBundles(join(folder, 'packaged'), sources);
  const plain = await writePlainBundles(join(folder, 'plain'), sources);
  const sdk = await writePlainBundles(join(folder, 'sdk'), sources, [sdkClients]);
  return functions.map((one, index): Module => {
    const { name } = one;
    const event = ANSWERING.includes(name) ? JSON.stringify(readEvent(name, since)) : undefined;
    return {
      ...one,
      packaged: packaged[index] ?? '',
      plain: plain[index] ?? '',
      sdk: sdk[index] ?? '',
      event: event && writeFile(folder, `${name}.json`, event),
    };
  });
}

function writeFile(folder: string, name: string, content: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

function describeRow({ name, packaged }: Module, [empty, ...measured]: Measured[]): Row {
  const [ours, plain, sdk, answer, plainAnswer, sdkAnswer] = measured.map((one) =>
    subtract(one, empty),
  );
  return {
    function: name,
    kB: statSync(packaged).size / 1000,
    'CPU ms': median(ours),
    'wall ms': ours && medianCost(ours, ({ wallMs }) => wallMs),
    '× plain': compare(ours, plain),
    '× SDK': compare(ours, sdk),
    'plain CPU ms': median(plain),
    'SDK CPU ms': median(sdk),
    'first answer, CPU ms': median(answer),
    'answer × plain': compare(answer, plainAnswer),
    'answer × SDK': compare(answer, sdkAnswer),
  };
}

function median(measured: Measured | undefined): number | undefined {
  return measured && medianCost(measured, ({ cpuMs }) => cpuMs);
}

function compare(ours: Measured | undefined, theirs: Measured | undefined): number | undefined {
  return ours && theirs && medianRatio(ours, theirs, ({ cpuMs }) => cpuMs);
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
