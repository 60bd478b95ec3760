/** As signatures want it: all but what is unreserved (RFC 3986). */
export function encodeText(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** An object's key: its slashes stay. */
export function encodePath(key: string): string {
  return key.split('/').map(encodeText).join('/');
}

/** Sorted, as signatures want it, too. */
export function encodeQuery(query: Record<string, string>): string {
  const pairs = Object.entries(query).map(([name, value]) =>
    [name, value].map(encodeText).join('='),
  );
  return pairs.toSorted().join('&');
}
