import { createHash } from 'node:crypto';
import type { RouteEvent } from './route-event.ts';

/**
 * What a request says, as a digest: method, path, query and body. Libraries choose a new boundary each time
 * that they send a form, so it counts for nothing.
 */
export function digestRequest({
  requestContext,
  rawPath,
  rawQueryString,
  headers,
  body,
  isBase64Encoded,
}: RouteEvent): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([requestContext.http.method, rawPath, rawQueryString]));
  const text = typeof body === 'string' ? body : '';
  const bytes = Buffer.from(text, isBase64Encoded ? 'base64' : 'utf8');
  const boundary = /;\s*boundary="?([^";]+)/i.exec(headers['content-type'] ?? '')?.[1];
  for (const part of boundary ? split(bytes, `--${boundary}`) : [bytes]) {
    hash.update(`\n${part.length}\n`).update(part);
  }
  return hash.digest('base64url');
}

function split(bytes: Buffer, separator: string): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(separator); at >= 0; at = bytes.indexOf(separator, from)) {
    parts.push(bytes.subarray(from, at));
    from = at + separator.length;
  }
  return [...parts, bytes.subarray(from)];
}
