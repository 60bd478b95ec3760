import { MIMEType } from 'node:util';

/**
 * What RFC 2046 allows, 5.1.1. Node searches bytes for a text in linear time up to 250 characters; for a
 * longer one, which the sender chooses, each byte may cost as many steps as it has characters.
 */
const BOUNDARY = /^[ -~]{1,70}$/;

/** Each part costs time and memory, however few bytes of the body it takes. */
export const MAX_FORM_PARTS = 1_000;

/** What stands between the parts of a multipart form; undefined where the header names none that can be used. */
export function readBoundary(contentType = ''): string | undefined {
  const boundary = parse(contentType)?.params.get('boundary') ?? '';
  return BOUNDARY.test(boundary) ? boundary : undefined;
}

function parse(contentType: string): MIMEType | undefined {
  try {
    const type = new MIMEType(contentType);
    return type.essence === 'multipart/form-data' ? type : undefined;
  } catch {
    return undefined; // it is no media type
  }
}
