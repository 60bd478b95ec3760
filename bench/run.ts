import { writeFileSync } from 'node:fs';
import { describeTime } from './harness/progress.ts';
import { formatTable, type Table } from './harness/table.ts';
import { describeMachine, type Machine } from './machine.ts';
import { HELP, type Options } from './options.ts';
import { PARTS, type Part } from './parts.ts';
import { planRun } from './plan.ts';
import { describeVerdict, judge, type Verdict } from './targets.ts';

// `npm run bench`: measures, prints a table a part and what of its targets is met, and writes the figures.

// A signal alone would leave folders and servers behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await run(plan(process.argv.slice(2)));

/** A slip of whoever types is answered in a line, without a stack. */
function plan(args: string[]): ReturnType<typeof planRun> {
  try {
    return planRun(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

async function run({ options, parts }: ReturnType<typeof planRun>): Promise<void> {
  if (options.help) return console.log(describeHelp(options));
  const machine = describeMachine();
  const { help: _, json: __, parts: ___, ...settings } = options;
  console.error(`${announce(parts, options)}\n`);
  console.log(`${describe(machine, options)}\n`);
  const found: Found[] = [];
  for (const part of parts) {
    const table = await measure(part, options);
    if (!table) continue;
    const targets = judge(table);
    console.log(`${formatTable(table)}\n${targets.map(formatVerdict).join('')}`);
    found.push({ ...table, targets });
    if (targets.some(({ isFirm, isMet }) => isFirm && !isMet)) process.exitCode = 1;
    // After each part: what was measured is there, whatever becomes of the next.
    if (options.json) writeJson(options.json, { ...machine, ...settings, tables: found });
  }
  console.log(sumUp(found));
}

interface Found extends Table {
  targets: Verdict[];
}

/** One part that fails leaves the others their time. */
async function measure({ name, measure }: Part, options: Options): Promise<Table | undefined> {
  try {
    return await measure(options);
  } catch (error) {
    console.error(`\n${name} has failed:`, error);
    process.exitCode = 1;
    return undefined;
  }
}

function describeHelp(options: Options): string {
  const lines = PARTS.map(
    ({ name, what, estimate }) =>
      `  ${name.padEnd(10)}${what} (${describeTime(estimate(options) * 1000)})`,
  );
  return `${HELP}\n\nParts, and about how long each takes on two cores:\n${lines.join('\n')}`;
}

function announce(parts: Part[], options: Options): string {
  const times = parts.map(({ name, estimate }) => ({ name, ms: estimate(options) * 1000 }));
  const sum = times.reduce((all, { ms }) => all + ms, 0);
  const each = times.map(({ name, ms }) => `${name} ${describeTime(ms)}`);
  return `About ${describeTime(sum)} on two idle cores: ${each.join(', ')}. Pictures that are not there yet are made first (once, a minute).`;
}

function describe(machine: Machine, { rounds }: Options): string {
  const { date, processor, memoryMiB, platform, node, libvips, references } = machine;
  return [
    `${date.slice(0, 10)}, ${processor}, ${memoryMiB} MiB, ${platform}, Node ${node}, libvips ${libvips}, ${rounds} rounds`,
    `compared with: ${references.join('; ')}`,
  ].join('\n');
}

function formatVerdict(verdict: Verdict): string {
  return `- ${describeVerdict(verdict)}\n`;
}

function sumUp(found: Found[]): string {
  const targets = found.flatMap((table) => table.targets);
  const missed = targets.filter(({ isMet }) => !isMet);
  return `targets: ${targets.length - missed.length} met, ${missed.length} missed`;
}

function writeJson(file: string, figures: object): void {
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}
