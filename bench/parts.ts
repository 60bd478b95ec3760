import { measureApi } from './api/api.ts';
import { measureCold } from './cold/cold.ts';
import { measureCore } from './core/core.ts';
import { PICTURE_NAMES } from './corpus/corpus.ts';
import { calculateCost } from './cost/cost.ts';
import type { Table } from './harness/table.ts';
import { measureMemory } from './memory/memory.ts';
import type { Options } from './options.ts';
import { measurePage } from './page/page.ts';
import { measurePipeline } from './pipeline/pipeline.ts';
import { checkSizes, measureScale } from './scale/scale.ts';
import { measureSoak } from './soak/soak.ts';

export interface Part {
  name: string;
  what: string;
  measure(options: Options): Promise<Table>;
  /** About how long it takes on two cores, in seconds. */
  estimate(options: Options): number;
  /** Throws where what is asked for cannot be measured. */
  check?(options: Options): void;
}

/** Of the corpus, what is measured. */
function shareOf({ pictures }: Options): number {
  return (pictures.length || PICTURE_NAMES.length) / PICTURE_NAMES.length;
}

/** In the order in which they are run. */
export const PARTS: Part[] = [
  {
    name: 'core',
    what: 'the picture step alone',
    measure: measureCore,
    estimate: (options) => 75 * options.rounds * shareOf(options),
  },
  {
    name: 'pipeline',
    what: "from S3's event to the stored answer, by the packaged function",
    measure: measurePipeline,
    estimate: (options) => 230 * options.rounds * shareOf(options),
  },
  {
    name: 'cold',
    what: 'the import of each packaged function, and first answers',
    measure: measureCold,
    estimate: ({ rounds }) => 20 + 33 * rounds,
  },
  {
    name: 'api',
    what: 'requests a second and p99 of each look-up',
    measure: measureApi,
    estimate: ({ rounds }) => 10 + 5 * rounds,
  },
  {
    name: 'scale',
    what: 'list, get and claim as the table grows: --sizes',
    measure: measureScale,
    check: checkSizes,
    estimate: ({ rounds, sizes }) => Math.max(...sizes) / 10_000 + 2 * rounds,
  },
  {
    name: 'memory',
    what: 'what one worker holds over 500 mixed pictures',
    measure: measureMemory,
    estimate: () => 240,
  },
  {
    name: 'soak',
    what: 'full load on two cores: --seconds',
    measure: measureSoak,
    estimate: ({ seconds }) => seconds + 5,
  },
  {
    name: 'page',
    what: 'what the page loads, and how long it keeps a browser busy',
    measure: measurePage,
    estimate: () => 90,
  },
  {
    name: 'cost',
    what: 'what one million analyses cost, by dated prices',
    measure: calculateCost,
    estimate: () => 20,
  },
];
