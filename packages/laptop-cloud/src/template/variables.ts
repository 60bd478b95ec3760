import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type CollectionTag, parseDocument, type ScalarTag, YAMLMap, YAMLSeq } from 'yaml';

/** The Serverless Framework's variables: https://www.serverless.com/framework/docs/guides/variables */
interface VariableSources {
  /** Where `${file(…)}` starts from. */
  folder: string;
  /** `${opt:…}`: options of the command line. */
  options: Record<string, string>;
  /** `${param:…}`, above those that the file declares. */
  params: Record<string, string>;
}

// `${AWS::Region}` and `${Table.Arn}` are CloudFormation's own and stay for !Sub. Innermost first.
const VARIABLE = /\$\{([A-Za-z]+(?::(?!:)|\()[^{}]*)\}/;
const MAX_DEPTH = 50; // deeper: a variable that refers to itself

type Tree = Record<string, unknown>;

/** A copy of `document` with all variables resolved. Throws an error that names the place of one that cannot be. */
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

/** The first of the comma-separated alternatives that has a value. */
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
  throw new Error(`${place}: there is no support for the variable \${${name}}`);
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

/** Short forms of CloudFormation's functions; any other `!Tag` is an error, never a plain string. */
const FUNCTIONS = [
  ...['GetAtt', 'Sub', 'Join', 'ImportValue', 'Select', 'Split', 'If', 'FindInMap'],
  ...['Equals', 'Not'],
];

const tags: (ScalarTag | CollectionTag)[] = [
  { tag: '!Ref', resolve: (name) => ({ Ref: name }) },
  ...FUNCTIONS.flatMap((name): (ScalarTag | CollectionTag)[] => [
    { tag: `!${name}`, resolve: (text) => ({ [`Fn::${name}`]: splitAttribute(name, text) }) },
    {
      tag: `!${name}`,
      collection: 'seq',
      resolve: (list, onError) =>
        list instanceof YAMLSeq ? { [`Fn::${name}`]: list.toJSON() } : onError('needs a list'),
    },
    {
      tag: `!${name}`,
      collection: 'map',
      resolve: (map, onError) =>
        map instanceof YAMLMap ? { [`Fn::${name}`]: map.toJSON() } : onError('needs a map'),
    },
  ]),
];

/** `!GetAtt Queue.Arn` is short for `[Queue, Arn]`; the attribute itself may hold dots. */
function splitAttribute(name: string, text: string): unknown {
  const dot = text.indexOf('.');
  return name === 'GetAtt' && dot > 0 ? [text.slice(0, dot), text.slice(dot + 1)] : text;
}

/** One YAML file as plain data, `!Ref X` as `{Ref: 'X'}` and so on. Throws with file and line. */
export function readTemplateFile(file: string): unknown {
  const document = parseDocument(readFileSync(file, 'utf8'), { customTags: tags });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) throw new Error(`${file}: ${problem.message}`);
  return document.toJS();
}
