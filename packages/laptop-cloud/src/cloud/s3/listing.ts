import type { ObjectSummary } from './objects.ts';

export interface ListingOptions {
  prefix: string;
  delimiter: string;
  /** Keys up to this one are left out; where it is a common prefix, so is all that it stands for. */
  after: string;
  maxKeys: number;
}

export interface Listing {
  contents: ObjectSummary[];
  commonPrefixes: string[];
  truncated: boolean;
  /** The last key or common prefix listed: where the next page goes on. */
  last: string;
}

type Scan = (after: string, inclusive: boolean) => Iterable<ObjectSummary>;

/** One page of a bucket's keys, in the order of their UTF-8 bytes, rolled up at the delimiter. */
export function listKeys(scan: Scan, options: ListingOptions): Listing {
  const { prefix, delimiter, after, maxKeys } = options;
  const listing: Listing = { contents: [], commonPrefixes: [], truncated: false, last: '' };
  if (maxKeys === 0) return listing;
  let rolledUp = rollUp(after, prefix, delimiter) === after ? after : undefined;
  for (const object of scanPrefix(scan, prefix, after)) {
    if (rolledUp !== undefined && object.key.startsWith(rolledUp)) continue;
    if (listing.contents.length + listing.commonPrefixes.length === maxKeys) {
      return { ...listing, truncated: true };
    }
    rolledUp = rollUp(object.key, prefix, delimiter);
    if (rolledUp === undefined) listing.contents.push(object);
    else listing.commonPrefixes.push(rolledUp);
    listing.last = rolledUp ?? object.key;
  }
  return listing;
}

function* scanPrefix(scan: Scan, prefix: string, after: string): Generator<ObjectSummary> {
  const fromPrefix = compareBytes(prefix, after) > 0;
  for (const object of scan(fromPrefix ? prefix : after, fromPrefix)) {
    if (object.key.startsWith(prefix)) yield object;
    else if (compareBytes(object.key, prefix) > 0) return;
  }
}

function rollUp(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '' || !key.startsWith(prefix)) return undefined;
  const mark = key.indexOf(delimiter, prefix.length);
  return mark < 0 ? undefined : key.slice(0, mark + delimiter.length);
}

/** Not JavaScript's own order, which compares UTF-16 units. */
function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
