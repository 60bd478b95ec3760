import { parseArgs } from 'node:util';

/** Fewer rounds do not tell a tenth of a difference from noise. */
const ROUNDS = 7;
const SCALE_SIZES = '1000,100000';
const SOAK_SECONDS = 180;

export const HELP = `npm run bench -- [PART…] [--rounds ${ROUNDS}] [--pictures NAME,…] [--sizes ${SCALE_SIZES}] [--seconds ${SOAK_SECONDS}] [--json FILE]

Without a part, all of them. Tables go to stdout, what is being done to stderr, all figures to FILE.
  --rounds    of core, pipeline, cold, api and scale; what is compared takes turns in each
  --pictures  of core, pipeline and memory: jpeg-12,webp-12 …
  --sizes     of scale: stored analyses; the first with each other
  --seconds   of soak`;

export interface Options {
  /** Names of parts; none: all. */
  parts: string[];
  rounds: number;
  /** Of the corpus; none: all. */
  pictures: string[];
  /** Stored analyses that `scale` compares: the first with each other. */
  sizes: number[];
  /** How long `soak` takes. */
  seconds: number;
  /** Where the figures are written. */
  json: string | undefined;
  help: boolean;
}

/** `core cold --rounds 3 --pictures jpeg-12,webp-12 --sizes 1000,100000 --seconds 180 --json FILE`. Throws on anything else. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: String(ROUNDS) },
      pictures: { type: 'string', default: '' },
      sizes: { type: 'string', default: SCALE_SIZES },
      seconds: { type: 'string', default: String(SOAK_SECONDS) },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [rounds = 0] = readCounts('--rounds', values.rounds);
  const [seconds = 0] = readCounts('--seconds', values.seconds);
  return {
    parts: positionals,
    rounds,
    pictures: values.pictures.split(',').filter(Boolean),
    sizes: readCounts('--sizes', values.sizes),
    seconds,
    json: values.json,
    help: values.help,
  };
}

function readCounts(name: string, text: string): number[] {
  const counts = text.split(',').map(Number);
  const isCount = (count: number) => Number.isInteger(count) && count > 0;
  if (!counts.every(isCount)) throw new Error(`${name} takes whole numbers above 0, not ${text}`);
  return counts;
}
