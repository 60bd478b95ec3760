/** Whether an `If-None-Match` header names the ETag: weakly compared, as RFC 9110 has it for GET. */
export function matchETag(header: string | undefined, eTag: string): boolean {
  if (header === undefined) return false;
  const listed = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return listed.includes('*') || listed.includes(eTag);
}
