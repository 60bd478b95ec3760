const NOT_UNRESERVED = /[!'()*]/g;

/** RFC 3986 as SigV4 wants it: everything but letters, digits and `-._~` becomes `%XX`. */
export function encodeUriComponent(text: string): string {
  return encodeURIComponent(text).replace(
    NOT_UNRESERVED,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * The encoding of keys in S3's events and lists: Java's URLEncoder (space is `+`, `*` stays, `~` does not),
 * with `/` left alone.
 */
export function encodeKey(key: string): string {
  return encodeUriComponent(key)
    .replaceAll('%20', '+')
    .replaceAll('%2A', '*')
    .replaceAll('~', '%7E')
    .replaceAll('%2F', '/');
}

/** Splits a request target at its first `?`. No URL class: it would resolve `..` and S3 does not. */
export function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  if (mark < 0) return { path: target, query: '' };
  return { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** The decoded pairs of a query string, in their order; throws URIError for broken escapes. */
export function parseQuery(query: string): [name: string, value: string][] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const mark = pair.indexOf('=');
      const name = mark < 0 ? pair : pair.slice(0, mark);
      const value = mark < 0 ? '' : pair.slice(mark + 1);
      return [decodeQueryPart(name), decodeQueryPart(value)];
    });
}

function decodeQueryPart(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
