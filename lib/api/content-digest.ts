import { createHash, type Hash } from 'node:crypto';
import type { RouteEvent } from './route-event.ts';

/**
 * What a request says, as a digest: method, path, query, and what its body holds, however that is written.
 * Libraries write the same JSON in another order or with other escapes, and the same form with a new boundary.
 */
export function digestRequest({
  requestContext,
  rawPath,
  rawQueryString,
  body,
  isBase64Encoded,
}: RouteEvent): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([requestContext.http.method, rawPath, rawQueryString]));
  if (typeof body === 'string') hash.update(body, isBase64Encoded ? 'base64' : 'utf8');
  else if (body !== undefined) addContent(hash, body);
  return hash.digest('base64url');
}

/** As canonical JSON (RFC 8785), and bytes as they are, behind their length. */
function addContent(hash: Hash, value: unknown): void {
  if (value instanceof Uint8Array) {
    hash.update(`<${value.length}>`).update(value);
  } else if (Array.isArray(value)) {
    hash.update('[');
    for (const each of value) {
      addContent(hash, each);
      hash.update(',');
    }
    hash.update(']');
  } else if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    hash.update('{');
    for (const [name, member] of members.toSorted(([one], [other]) => (one < other ? -1 : 1))) {
      hash.update(`${JSON.stringify(name)}:`);
      addContent(hash, member);
      hash.update(',');
    }
    hash.update('}');
  } else {
    hash.update(JSON.stringify(value) ?? '');
  }
}
