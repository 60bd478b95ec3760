import type { S3Reply } from './exchange.ts';
import { buildXml } from './xml.ts';

export interface PostResult {
  bucket: string;
  key: string;
  etag: string;
  location: string;
  headers: Record<string, string>;
  /** The form's `success_action_redirect` and `success_action_status`. */
  redirect: string | undefined;
  status: string | undefined;
}

/** The answer that the form asked for; 204 where it asked for none, or for one that S3 does not know. */
export function replyToPost(result: PostResult): S3Reply {
  const etag = `"${result.etag}"`;
  const headers = { ...result.headers, etag, location: result.location };
  const redirect = buildRedirect(result, etag);
  if (redirect !== undefined) return { status: 303, headers: { ...headers, location: redirect } };
  if (result.status === '200') return { status: 200, headers };
  if (result.status !== '201') return { status: 204, headers };
  const { location: Location, bucket: Bucket, key: Key } = result;
  return {
    status: 201,
    headers: { ...headers, 'content-type': 'application/xml' },
    body: buildXml('PostResponse', { Location, Bucket, Key, ETag: etag }, null),
  };
}

function buildRedirect(result: PostResult, etag: string): string | undefined {
  if (result.redirect === undefined || !URL.canParse(result.redirect)) return undefined;
  const url = new URL(result.redirect);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  url.searchParams.set('bucket', result.bucket);
  url.searchParams.set('key', result.key);
  url.searchParams.set('etag', etag);
  return url.href;
}
