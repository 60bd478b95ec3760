import type { IncomingMessage } from 'node:http';
import { awsError } from './service.ts';

/** Above every service's own limit (DynamoDB's batches: 16 MB), so that those answer first. */
const MAX_BODY_BYTES = 16 * 1024 ** 2;

/** Reads a request's body whole; throws RequestEntityTooLarge, keeping nothing. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const bytes of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(bytes)) continue;
    size += bytes.length;
    if (size > MAX_BODY_BYTES) {
      request.resume();
      throw awsError('RequestEntityTooLarge', 'The request is too large.', 413);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
