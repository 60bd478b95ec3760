import { parseQuery } from '../canonical-request.ts';
import type { Checksums } from './checksums.ts';
import type { ObjectDetail, Tag } from './records.ts';
import { s3Error } from './s3-error.ts';
import { isTree, parseXml, readElements, readText } from './xml.ts';

const META_PREFIX = 'x-amz-meta-';
const MAX_METADATA_BYTES = 2_048;
const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';

/** The headers that S3 keeps with an object and gives back. */
const KEPT_HEADERS = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
] as const;

/** Reads what a PUT, a copy or a form says of an object beside its bytes. */
export function readDetail(
  fields: ReadonlyMap<string, string>,
  checksums: Checksums,
): ObjectDetail {
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = cleanHeader(name, fields.get(name));
    if (value !== undefined && value !== '') headers[name] = checkText(name, value);
  }
  headers['content-type'] ??= DEFAULT_CONTENT_TYPE;
  return {
    headers,
    metadata: readMetadata(fields),
    tags: parseTagQuery(fields.get('x-amz-tagging') ?? ''),
    checksums,
    checksumType: 'FULL_OBJECT',
  };
}

/** `aws-chunked` is how the body travels, no property of the object. */
function cleanHeader(name: string, value: string | undefined): string | undefined {
  if (name !== 'content-encoding' || value === undefined) return value;
  const codings = value.split(',').map((coding) => coding.trim());
  return codings.filter((coding) => coding !== 'aws-chunked').join(', ');
}

function readMetadata(fields: ReadonlyMap<string, string>): Record<string, string> {
  const metadata: Record<string, string> = {};
  let size = 0;
  for (const [field, value] of fields) {
    if (!field.startsWith(META_PREFIX)) continue;
    const name = field.slice(META_PREFIX.length);
    size += Buffer.byteLength(name) + Buffer.byteLength(value);
    metadata[name] = checkText(field, value);
  }
  if (size > MAX_METADATA_BYTES) {
    throw s3Error('MetadataTooLarge', { Size: size, MaxSizeAllowed: MAX_METADATA_BYTES });
  }
  return metadata;
}

/** A line break from a form field would become a header of its own in later answers. */
function checkText(name: string, value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (!/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) return value;
  throw s3Error('InvalidArgument', { ArgumentName: name }, 'Control characters are not allowed.');
}

/** The headers of an answer about the object, with its metadata. */
export function formatDetail(detail: ObjectDetail): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(detail.headers)) headers[name] = toWire(value);
  for (const [name, value] of Object.entries(detail.metadata)) {
    headers[META_PREFIX + name] = encodeMetadata(value);
  }
  if (detail.tags.length > 0) headers['x-amz-tagging-count'] = String(detail.tags.length);
  return headers;
}

/** Node writes a header's characters as bytes: make them the UTF-8 bytes. */
export function toWire(value: string): string {
  return Buffer.from(value).toString('latin1');
}

/** The other way round, for headers as node:http reads them. */
export function fromWire(value: string): string {
  return Buffer.from(value, 'latin1').toString();
}

/** S3 gives metadata beyond ASCII back in the form of RFC 2047. */
function encodeMetadata(value: string): string {
  if (/^[\t\x20-\x7e]*$/.test(value)) return value;
  return `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`;
}

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
