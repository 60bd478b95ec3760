import { join, relative, sep } from 'node:path';
import { build } from 'esbuild';
import { listPackages } from '../notices/write-notices.ts';
import {
  environmentCredentials,
  findBeside,
  formSplitter,
  nodeBuiltins,
  noEventStreams,
  pureSchemas,
} from './plugins.ts';

/** Native code and WebAssembly: goes into the zip as the packages that npm installs. */
const EXTERNAL = ['sharp', 'libheif-js', '@embedpdf/pdfium'];

/** What makes a cold start shorter, and zips smaller. */
const LEAN = [environmentCredentials, nodeBuiltins, pureSchemas, noEventStreams, formSplitter];

export interface HandlerBundle {
  code: Uint8Array;
  /** The source files of the threads that it starts and of the libraries that it may load: modules beside it. */
  beside: string[];
  /** The source map: kept beside the zip, for stack traces; Lambda would only load it more slowly. */
  map: Uint8Array;
  /** Which of EXTERNAL the code asks for. */
  external: string[];
  /** The folders of the packages that the code holds parts of. */
  packages: string[];
}

/**
 * Functions' source files, each with all it imports as one ES module, in the same order. All at once,
 * since they share most of what they import. The same sources give the same bytes.
 */
export async function bundleHandlers(root: string, sources: string[]): Promise<HandlerBundle[]> {
  const beside = findBeside();
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: sources,
    outbase: root,
    outdir: root, // written nowhere: paths in the source maps are relative to it
    outExtension: { '.js': '.mjs' },
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
    plugins: [...LEAN, beside.plugin],
    logLevel: 'warning',
  });
  const written = new Map(outputFiles.map(({ path, contents }) => [path, contents]));
  return sources.map((source) => {
    const output = source.replace(/\.ts$/, '.mjs');
    const path = join(root, output.replaceAll('/', sep));
    const [code, map] = [written.get(path), written.get(`${path}.map`)];
    if (!code || !map) throw new Error(`esbuild wrote no ${output}`);
    const { imports = [], inputs = {} } = metafile.outputs[output] ?? {};
    const asksFor = (name: string) => imports.some(({ path: wanted }) => isWithin(wanted, name));
    const held = Object.keys(inputs).filter((input) => inputs[input]?.bytesInOutput);
    const named = Object.keys(inputs).flatMap((input) => beside.namedIn(join(root, input)));
    return {
      code,
      map,
      beside: named.map((file) => relative(root, file)),
      external: EXTERNAL.filter(asksFor),
      packages: listPackages(held).map((folder) => join(root, folder)),
    };
  });
}

function isWithin(path: string, name: string): boolean {
  return path === name || path.startsWith(`${name}/`);
}
