import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Node's own modules by `process.getBuiltinModule`: Node parses and links a few dozen `import`s of
 * them at a cold start otherwise, which takes tens of milliseconds.
 */
export const nodeBuiltins: Plugin = {
  name: 'node-builtins',
  setup(build) {
    const { builtinModules } = process.getBuiltinModule('node:module');
    const names = new Set(builtinModules);
    build.onResolve({ filter: /^(node:)?[a-z\d_]+(\/[a-z\d_]+)*$/ }, ({ path }) => {
      const name = path.replace(/^node:/, '');
      return path.startsWith('node:') || names.has(name)
        ? { path: `node:${name}`, namespace: 'node-builtin' }
        : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: 'node-builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}')`,
    }));
  },
};

/** Lambda hands credentials over in the environment: the SDK's search through SSO, STS and files is left out. */
export const environmentCredentials: Plugin = {
  name: 'environment-credentials',
  setup(build) {
    build.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ resolveDir }) => ({
      path: 'credentials',
      namespace: 'environment-credentials',
      pluginData: resolveDir,
    }));
    build.onLoad({ filter: /.*/, namespace: 'environment-credentials' }, ({ pluginData }) => ({
      contents: `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env'`,
      resolveDir: pluginData,
    }));
  },
};

/** A shape of an operation, over one line or more. */
const SCHEMA = /^((?:export )?var \w+\$? = )(\[.*?\]);$/gms;

/**
 * The clients' lists of shapes: esbuild takes each for code with effects, for their keys are computed, and
 * keeps those of a hundred operations that are never called. As functions called once they go.
 */
export const pureSchemas: Plugin = {
  name: 'pure-schemas',
  setup(build) {
    build.onLoad({ filter: /[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return { contents: source.replace(SCHEMA, '$1/* @__PURE__ */ (() => $2)();'), loader: 'js' };
    });
  },
};

/** Of S3's client: for SelectObjectContent, which nothing here calls. */
export const noEventStreams: Plugin = {
  name: 'no-event-streams',
  setup(build) {
    build.onResolve({ filter: /^@smithy\/core\/event-streams$/ }, () => ({
      path: 'event-streams',
      namespace: 'no-event-streams',
    }));
    build.onLoad({ filter: /.*/, namespace: 'no-event-streams' }, () => ({
      contents: `export const resolveEventStreamSerdeConfig = (config) => config;
        export const eventStreamSerdeProvider = () => undefined;
        export class EventStreamSerde {}`,
    }));
  },
};

/** Of busboy, what splits forms; the rest is twice as much, and loaded at each cold start. */
export const formSplitter: Plugin = {
  name: 'form-splitter',
  setup(build) {
    build.onLoad({ filter: /[\\/]@fastify[\\/]busboy[\\/]index\.js$/ }, () => ({
      contents: `exports.Dicer = require('./deps/dicer/lib/Dicer')`,
    }));
  },
};

const BESIDE = /(new URL|import)\('\.\/([\w-]+-(?:thread|library))\.ts'/g;

/**
 * A module that starts a thread, or loads a library that few requests need, names its source file. In the
 * zip that is a module of its own, beside the handler's.
 */
export function findBeside() {
  const named = new Map<string, string[]>();
  const plugin: Plugin = {
    name: 'beside',
    setup(build) {
      build.onLoad({ filter: /[\\/]lib[\\/].*\.ts$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const names = [...source.matchAll(BESIDE)].map(([, , name]) => `${name}.ts`);
        if (names.length === 0) return undefined;
        named.set(
          path,
          names.map((name) => join(dirname(path), name)),
        );
        return { contents: source.replace(BESIDE, "$1('./$2.mjs'"), loader: 'ts' };
      });
      build.onResolve({ filter: /-library\.mjs$/ }, ({ path }) => ({ path, external: true }));
    },
  };
  return { plugin, namedIn: (path: string) => named.get(path) ?? [] };
}
