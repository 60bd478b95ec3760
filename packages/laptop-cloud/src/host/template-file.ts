import { readFileSync } from 'node:fs';
import { type CollectionTag, parseDocument, type ScalarTag, YAMLMap, YAMLSeq } from 'yaml';

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
