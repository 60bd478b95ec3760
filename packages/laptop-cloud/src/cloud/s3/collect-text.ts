import { s3Error } from './s3-error.ts';
import type { VerifiedSource } from './verified-source.ts';

/** Room for 10,000 parts with checksums, the largest document of the API. */
const MAX_DOCUMENT_BYTES = 4 * 1024 ** 2;

/** Reads an XML body whole, verified as any other. Throws MalformedXML where it is too long. */
export async function collectText(payload: VerifiedSource): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const bytes of payload.source) {
    size += bytes.length;
    if (size > MAX_DOCUMENT_BYTES) throw s3Error('MalformedXML');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}
