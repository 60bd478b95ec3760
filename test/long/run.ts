import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// `npm run test:long [part…]`: what takes minutes. All parts take about an hour, each is bounded.

interface Part {
  about: string;
  /** Of `vitest run`; or a script of Node's. */
  command: string[];
  environment?: Record<string, string>;
  minutes: number;
}

const LONG = ['vitest', 'run', '--config', 'test/long/vitest.config.ts'];

const PARTS: Record<string, Part> = {
  faults: {
    about: 'each AWS call of each flow lost after, lost before, and throttled',
    command: [...LONG, 'test/long/faults.test.ts'],
    minutes: 60,
  },
  soak: {
    about: "2,000 uploads, 1 % of AWS' answers lost and 30 % of the model's broken",
    command: [...LONG, 'test/long/soak.test.ts'],
    minutes: 60,
  },
  kills: {
    about: '200 such uploads, and ten kills of the stack',
    command: [...LONG, 'test/long/kills.test.ts'],
    minutes: 40,
  },
  model: {
    about: "1,000 uploads, 30 % of the model's answers broken, and its delays kept",
    command: ['vitest', 'run', 'test/integration/gemini-soak.test.ts'],
    environment: { SOAK_UPLOADS: '1000' },
    minutes: 20,
  },
  restarts: {
    about: '200 uploads over five kills of `npm start`, each paid once',
    command: ['vitest', 'run', 'test/e2e/kill.test.ts'],
    environment: { KILL_UPLOADS: '200', KILL_TIMES: '5' },
    minutes: 20,
  },
  'large-file': {
    about: 'a video of 1.5 GB, resets on its way to the model and a kill',
    command: ['vitest', 'run', 'test/e2e/large-file.test.ts'],
    environment: { LARGE_FILE_MB: '1500' },
    minutes: 20,
  },
  fuzz: {
    about: 'damaged files for ten minutes',
    command: ['node', 'test/fuzz.ts', '--minutes', '10'],
    minutes: 20,
  },
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
  const list = Object.entries(PARTS).map(([name, { about }]) => `  ${name.padEnd(12)}${about}`);
  console.error(`There is no part ${unknown.join(', ')}. The parts are:\n${list.join('\n')}`);
  process.exit(2);
}
const failed: string[] = [];
for (const [name, part] of Object.entries(PARTS)) {
  if (named.length > 0 && !named.includes(name)) continue;
  console.info(`${name}: ${part.about}`);
  const [command = '', ...args] = part.command;
  const { status } = spawnSync(command, args, {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...part.environment, ...process.env },
    stdio: 'inherit',
    timeout: part.minutes * 60_000,
  });
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
