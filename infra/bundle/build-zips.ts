import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTemplate } from '../../local/host/template.ts';
import { bundleHandler } from './bundle-handler.ts';
import { readLambdaPackage } from './lambda-packages.ts';
import { type Files, writeZip } from './write-zip.ts';

/** Where `package.artifact` in serverless.yml points to. */
export const BUILD_FOLDER = '.build';

export interface BuiltZip {
  /** The function's, as in serverless.yml. */
  name: string;
  path: string;
  bytes: number;
}

/** Writes one zip for each function of serverless.yml: `.build/NAME.zip`, and `.build/maps/NAME.mjs.map`. */
export async function buildZips(root: string): Promise<BuiltZip[]> {
  const folder = join(root, BUILD_FOLDER);
  rmSync(join(folder, 'maps'), { recursive: true, force: true });
  mkdirSync(join(folder, 'maps'), { recursive: true });
  const zips: BuiltZip[] = [];
  for (const { name, handler } of readTemplate(join(root, 'serverless.yml'), PLACE).functions) {
    const file = handler.slice(0, handler.lastIndexOf('.'));
    const { code, map, external } = await bundleHandler(root, `${file}.ts`);
    const files: Files = new Map([[`${file}.mjs`, code]]);
    for (const needed of external) {
      const packages = await readLambdaPackage(root, needed, join(folder, 'npm', needed));
      for (const [path, content] of packages) files.set(path, content);
    }
    const zip = writeZip(files);
    const path = join(folder, `${name}.zip`);
    writeFileSync(path, zip);
    writeFileSync(join(folder, 'maps', `${name}.mjs.map`), map);
    zips.push({ name, path, bytes: zip.length });
  }
  return zips;
}

/** Names and handlers are the same for every stage. */
const PLACE = { stage: 'dev', region: 'us-east-1' };
