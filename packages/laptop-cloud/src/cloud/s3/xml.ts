import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { s3Error } from './s3-error.ts';

type XmlValue = string | number | boolean | undefined | XmlTree | XmlValue[];
export interface XmlTree {
  [name: string]: XmlValue;
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** An XML document with one root; a list becomes repeated elements, undefined none. */
export function buildXml(
  root: string,
  tree: XmlTree,
  namespace: string | null = NAMESPACE,
): string {
  const attribute = namespace === null ? '' : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${buildChildren(tree)}</${root}>`;
}

function buildChildren(tree: XmlTree): string {
  return Object.entries(tree)
    .map(([name, value]) => buildElement(name, value))
    .join('');
}

function buildElement(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => buildElement(name, item)).join('');
  const content = typeof value === 'object' ? buildChildren(value) : escapeText(String(value));
  return `<${name}>${content}</${name}>`;
}

/** Control characters become references, as in S3's own lists: bare, they would break the document. */
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[&<>"'\u0000-\u001f\u007f]/g, (character) => {
    return `&#${character.charCodeAt(0)};`;
  });
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true, // numeric references; a key may hold a carriage return
});

/** Parses a client's document to plain strings under `root`; throws MalformedXML for anything else. */
export function parseXml(text: string, root: string): Record<string, unknown> {
  // A document type could define entities that grow without bound.
  if (text.includes('<!DOCTYPE') || XMLValidator.validate(text) !== true) {
    throw s3Error('MalformedXML');
  }
  const document: unknown = parser.parse(text);
  const tree = isTree(document) ? document[root] : undefined;
  if (isTree(tree)) return tree;
  throw s3Error('MalformedXML');
}

/** The elements of that name as a list, however many there are. */
export function readElements(tree: Record<string, unknown>, name: string): unknown[] {
  const value = tree[name];
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** The text of the element of that name; undefined where there is none or it has children. */
export function readText(tree: unknown, name: string): string | undefined {
  const value = isTree(tree) ? tree[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

export function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
