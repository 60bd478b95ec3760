import type { Cost, Variant } from '../harness/rounds.ts';
import { runNodeCell } from '../harness/run-cell.ts';
import type { EmulatedFunction } from '../service/start-emulators.ts';

/** A function in each of its bundles, and a file with an event that it answers. */
export interface Module extends EmulatedFunction {
  packaged: string;
  plain: string;
  sdk: string;
  event: string | undefined;
}

type Bundle = 'packaged' | 'plain' | 'sdk';

const BUNDLES: readonly Bundle[] = ['packaged', 'plain', 'sdk'];

/** The import of an empty module, of each bundle, and each bundle's first answer. */
export function listVariants(cell: string, empty: string): Variant<Module>[] {
  return [
    { name: 'empty', measure: (module) => importIn(cell, empty, module) },
    ...BUNDLES.map((name) => ({
      name,
      measure: (module: Module) => importIn(cell, module[name], module),
    })),
    ...BUNDLES.map((name) => ({
      name: `${name}, first answer`,
      measure: async (module: Module) => answerIn(cell, module[name], module),
    })),
  ];
}

/** As it is deployed: AWS is at its own addresses. An import calls nothing. */
function importIn(cell: string, file: string, { environment }: Module): Promise<Cost> {
  const { AWS_ENDPOINT_URL: _, ...deployed } = environment;
  return runNodeCell(cell, [file], deployed);
}

async function answerIn(cell: string, file: string, { environment, event }: Module) {
  const quiet = { ...environment, LOG_LEVEL: 'SILENT' }; // its lines would stand before the figures
  return event ? runNodeCell(cell, [file, event], quiet) : undefined;
}
