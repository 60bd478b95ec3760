import {
  bucketUrl,
  type Connection,
  encodePath,
  readConnection,
  signQuery,
} from '../aws/wire/sign.ts';
import type { KeptPicture } from './record.ts';

/** How long a link opens its picture, in seconds. Not longer: it needs no key. */
const LINK_SECONDS = 900;
/** Of a recording: as long as it is looked at. */
const FILE_LINK_SECONDS = 3_600;
/** Links that are made within so many milliseconds are the same, so that a browser keeps what it has. */
const SAME_LINK_MS = 300_000;

/** Signs links to pictures, without the SDK, which would be most of a look-up's cold start. */
export type PictureLinks = ReturnType<typeof createPictureLinks>;

export function createPictureLinks(
  bucket: string,
  now: () => number,
  connection = readConnection('s3'),
) {
  /**
   * `thumbnail` names, behind `#`, the bytes of the same object that are a small picture of their own:
   * what is asked for them by `Range`. All of it is the large one, for whoever asks for no range.
   */
  return async ({ key, bytes, thumbnailBytes }: KeptPicture) => {
    const at = now();
    const picture = await signLink(connection, bucket, key, at - (at % SAME_LINK_MS));
    const range = thumbnailBytes > 0 ? `#bytes=${bytes}-${bytes + thumbnailBytes - 1}` : '';
    return { picture, thumbnail: `${picture}${range}` };
  };
}

export type FileLinks = ReturnType<typeof createFileLinks>;

/**
 * Links to files as they came, told to be what their bytes are, whatever the client declared, and never a page:
 * who follows one is given a download, and a player plays it.
 */
export function createFileLinks(
  bucket: string,
  now: () => number,
  connection = readConnection('s3'),
) {
  return (key: string, mediaType: string) => {
    const at = now();
    return signLink(connection, bucket, key, at - (at % SAME_LINK_MS), {
      seconds: FILE_LINK_SECONDS,
      query: {
        'response-content-disposition': 'attachment',
        'response-content-type': mediaType,
      },
    });
  };
}

/** Signature Version 4 in the query. `now` in epoch milliseconds. */
async function signLink(
  connection: Connection,
  bucket: string,
  key: string,
  now: number,
  { seconds = LINK_SECONDS, query = {} }: { seconds?: number; query?: Record<string, string> } = {},
): Promise<string> {
  const { region, credentials: given } = connection;
  const credentials = typeof given === 'function' ? await given() : given;
  const { origin, host, pathname } = bucketUrl(bucket, connection);
  const path = `${pathname.replace(/\/$/, '')}/${encodePath(key)}`;
  const request = { method: 'GET', host, path, query, headers: {} };
  const signature = { region, service: 's3', credentials, now };
  return `${origin}${path}?${signQuery(request, seconds, signature)}`;
}
