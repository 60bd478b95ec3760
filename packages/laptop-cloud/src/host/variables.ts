import { resolve } from 'node:path';
import { readTemplateFile } from './template-file.ts';

/** The Serverless Framework's variables: https://www.serverless.com/framework/docs/guides/variables */
export interface VariableSources {
  /** Where `${file(…)}` starts from. */
  folder: string;
  /** `${opt:…}`: what stands on the command line at a deployment. */
  options: Record<string, string>;
  /** `${param:…}`, above those that the file declares. */
  params: Record<string, string>;
}

// `${AWS::Region}` and `${Table.Arn}` are CloudFormation's own and stay for !Sub. Innermost first.
const VARIABLE = /\$\{([A-Za-z]+(?::(?!:)|\()[^{}]*)\}/;
const MAX_DEPTH = 50; // deeper is a variable that needs itself

type Tree = Record<string, unknown>;

/** A copy of `document` with every variable in it resolved. Throws with the place of the first that cannot be. */
export function resolveVariables(document: Tree, sources: VariableSources): unknown {
  const context = { document, sources, params: collectParams(document, sources) };
  return walk(document, '', context, 0);
}

interface Context {
  document: Tree;
  sources: VariableSources;
  params: Tree;
}

function collectParams(document: Tree, sources: VariableSources): Tree {
  const declared = asTree(document.params);
  const stage = sources.options.stage ?? '';
  return { ...asTree(declared.default), ...asTree(declared[stage]), ...sources.params };
}

function walk(value: unknown, place: string, context: Context, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new Error(`${place}: the variables here need each other`);
  if (typeof value === 'string') return resolveText(value, place, context, depth);
  if (Array.isArray(value)) {
    return value.map((item, index) => walk(item, `${place}[${index}]`, context, depth + 1));
  }
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, item]) => {
    return [key, walk(item, place ? `${place}.${key}` : key, context, depth + 1)];
  });
  return Object.fromEntries(entries);
}

function resolveText(text: string, place: string, context: Context, depth: number): unknown {
  const match = VARIABLE.exec(text);
  if (!match?.[1]) return text;
  const found = lookUp(match[1], place, context);
  if (match[0] === text) return walk(found, place, context, depth + 1);
  if (found !== null && typeof found === 'object') {
    throw new Error(`${place}: ${match[0]} is not a text and cannot stand inside of one`);
  }
  const replaced = text.slice(0, match.index) + found + text.slice(match.index + match[0].length);
  return walk(replaced, place, context, depth + 1);
}

/** The first of the alternatives, which commas divide, that has a value. */
function lookUp(variable: string, place: string, context: Context): unknown {
  for (const alternative of variable.split(',').map((part) => part.trim())) {
    const found = lookUpOne(alternative, place, context);
    if (found !== undefined) return found;
  }
  throw new Error(`${place}: \${${variable}} has no value`);
}

function lookUpOne(name: string, place: string, context: Context): unknown {
  const literal = /^'(.*)'$|^"(.*)"$|^(\d+|true|false|null)$/.exec(name);
  if (literal) return literal[1] ?? literal[2] ?? JSON.parse(literal[3] ?? '""');
  const file = /^file\(([^)]+)\)(?::(.+))?$/.exec(name);
  if (file?.[1]) return readPart(resolve(context.sources.folder, file[1]), file[2]);
  const [, source, path] = /^([A-Za-z]+):(.*)$/.exec(name) ?? [];
  if (source === 'sls' && path === 'stage') return context.sources.options.stage;
  if (source === 'aws' && path === 'region') return context.sources.options.region;
  if (source === 'opt' && path) return context.sources.options[path];
  if (source === 'param' && path) return context.params[path];
  if (source === 'self' && path) return getPath(context.document, path);
  throw new Error(`${place}: the laptop's host does not know the variable \${${name}}`);
}

function readPart(file: string, path: string | undefined): unknown {
  const content = readTemplateFile(file);
  return path ? getPath(content, path) : content;
}

function getPath(tree: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => asTree(value)[key], tree);
}

function asTree(value: unknown): Tree {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : {};
}
