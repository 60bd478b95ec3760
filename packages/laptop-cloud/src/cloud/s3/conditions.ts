import type { ObjectSummary, StoredObject } from './records.ts';
import { s3Error } from './s3-error.ts';

export interface WriteConditions {
  ifMatch?: string | undefined;
  ifNoneMatch?: string | undefined;
}

export function readWriteConditions(headers: ReadonlyMap<string, string>): WriteConditions {
  return { ifMatch: headers.get('if-match'), ifNoneMatch: headers.get('if-none-match') };
}

/** To be called in the transaction of the write, so that nobody can write in between. */
export function checkWriteConditions(
  found: StoredObject | undefined,
  { ifMatch, ifNoneMatch }: WriteConditions,
): void {
  if (ifMatch !== undefined) {
    if (!found) throw s3Error('NoSuchKey');
    if (!matchesEtag(ifMatch, found.etag)) {
      throw s3Error('PreconditionFailed', { Condition: 'If-Match' });
    }
  }
  if (ifNoneMatch !== undefined && found && matchesEtag(ifNoneMatch, found.etag)) {
    throw s3Error('PreconditionFailed', { Condition: 'If-None-Match' });
  }
}

/** Conditional headers of reads; CopyObject has them with a prefix. */
interface ReadConditions {
  ifMatch?: string | undefined;
  ifNoneMatch?: string | undefined;
  ifModifiedSince?: string | undefined;
  ifUnmodifiedSince?: string | undefined;
}

export function readReadConditions(
  headers: ReadonlyMap<string, string>,
  prefix = '',
): ReadConditions {
  return {
    ifMatch: headers.get(`${prefix}if-match`),
    ifNoneMatch: headers.get(`${prefix}if-none-match`),
    ifModifiedSince: headers.get(`${prefix}if-modified-since`),
    ifUnmodifiedSince: headers.get(`${prefix}if-unmodified-since`),
  };
}

/**
 * Evaluates the conditions of a read. As in S3 and RFC 9110, `if-match` outweighs `if-unmodified-since`, and
 * `if-none-match` outweighs `if-modified-since`.
 */
export function judgeRead(
  object: ObjectSummary,
  conditions: ReadConditions,
): 'proceed' | 'not-modified' | 'precondition-failed' {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const modified = Math.floor(object.modified / 1000) * 1000; // the headers hold whole seconds
  if (ifMatch !== undefined) {
    if (!matchesEtag(ifMatch, object.etag)) return 'precondition-failed';
  } else if (modified > parseDate(ifUnmodifiedSince, Number.POSITIVE_INFINITY)) {
    return 'precondition-failed';
  }
  if (ifNoneMatch !== undefined) {
    return matchesEtag(ifNoneMatch, object.etag) ? 'not-modified' : 'proceed';
  }
  const since = parseDate(ifModifiedSince, Number.NEGATIVE_INFINITY);
  return modified <= since ? 'not-modified' : 'proceed';
}

/** An invalid date is ignored. */
function parseDate(text: string | undefined, otherwise: number): number {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? otherwise : time;
}

function matchesEtag(header: string, etag: string): boolean {
  return header
    .split(',')
    .map((item) =>
      item
        .trim()
        .replace(/^W\//, '')
        .replace(/^"(.*)"$/, '$1'),
    )
    .some((item) => item === '*' || item === etag);
}
