import { join } from 'node:path';
import { build } from 'esbuild';
import { environmentCredentials, nodeBuiltins } from './plugins.ts';

/** Native code: goes into the zip as the packages that npm installs. */
const EXTERNAL = ['sharp'];

export interface HandlerBundle {
  code: Uint8Array;
  /** The source map: kept beside the zip, for stack traces; Lambda would only load it more slowly. */
  map: Uint8Array;
  /** Which of EXTERNAL the code asks for. */
  external: string[];
}

/** One function's source file and all it imports as one ES module. The same sources give the same bytes. */
export async function bundleHandler(root: string, source: string): Promise<HandlerBundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile: join(root, 'handler.mjs'), // written nowhere: paths in the source map are relative to it
    write: false,
    metafile: true,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    sourcemap: 'external',
    legalComments: 'none',
    external: EXTERNAL,
    plugins: [environmentCredentials, nodeBuiltins],
    logLevel: 'warning',
  });
  const read = (end: string) => {
    const file = outputFiles.find(({ path }) => path.endsWith(end));
    if (!file) throw new Error(`esbuild wrote no ${end} for ${source}`);
    return file.contents;
  };
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const external = EXTERNAL.filter((name) => imports.some(({ path }) => path === name));
  return { code: read('.mjs'), map: read('.map'), external };
}
