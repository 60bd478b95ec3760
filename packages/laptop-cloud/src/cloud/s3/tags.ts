import { parseQuery } from '../uri-encoding.ts';
import type { Tag } from './objects.ts';
import { s3Error } from './s3-error.ts';
import { isTree, parseXml, readElements, readText } from './xml.ts';

const MAX_TAGS = 10;
const MAX_TAG_KEY_CHARACTERS = 128;
const MAX_TAG_VALUE_CHARACTERS = 256;

/** Reads the `x-amz-tagging` header: `a=1&b=2`. Throws InvalidTag. */
export function parseTagQuery(text: string): Tag[] {
  return checkTags(parseQuery(text).map(([key, value]) => ({ key, value })));
}

/** Reads a `Tagging` document. Throws MalformedXML, InvalidTag. */
export function parseTagXml(text: string): Tag[] {
  const tree = parseXml(text, 'Tagging');
  const [set] = readElements(tree, 'TagSet');
  if (set === '') return [];
  if (!isTree(set)) throw s3Error('MalformedXML');
  const tags = readElements(set, 'Tag').map((tag) => {
    const key = readText(tag, 'Key');
    const value = readText(tag, 'Value');
    if (key === undefined || value === undefined) throw s3Error('MalformedXML');
    return { key, value };
  });
  return checkTags(tags);
}

function checkTags(tags: Tag[]): Tag[] {
  const keys = new Set(tags.map(({ key }) => key));
  const fits = tags.every(
    ({ key, value }) =>
      key.length >= 1 &&
      key.length <= MAX_TAG_KEY_CHARACTERS &&
      value.length <= MAX_TAG_VALUE_CHARACTERS &&
      !key.startsWith('aws:'),
  );
  if (tags.length > MAX_TAGS) {
    throw s3Error('BadRequest', {}, 'Object tags cannot be greater than 10');
  }
  if (fits && keys.size === tags.length) return tags;
  throw s3Error('InvalidTag');
}
