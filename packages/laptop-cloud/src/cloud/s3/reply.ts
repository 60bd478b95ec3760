import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { describeDiskTrouble, findDiskTrouble, reportFailure } from '../disk-trouble.ts';
import { isAwsError } from '../service.ts';
import { splitTarget } from '../uri-encoding.ts';
import type { S3Reply } from './exchange.ts';
import { HOST_ID } from './notifications.ts';
import { readDetails, s3Error } from './s3-error.ts';
import { buildXml } from './xml.ts';

/** How long a refused client may go on sending what nobody keeps. */
const DISCARD_MILLISECONDS = 30_000;

/** An error as S3's XML; one that is not ours becomes InternalError and goes to the log. */
export function describeError(error: unknown, about: { id: string; target: string }): S3Reply {
  const known = translateError(error);
  const body = buildXml(
    'Error',
    {
      Code: known.code,
      Message: known.message,
      ...readDetails(known),
      Resource: splitTarget(about.target).path,
      RequestId: about.id,
      HostId: HOST_ID,
    },
    null,
  );
  return { status: known.status, headers: { 'content-type': 'application/xml' }, body };
}

function translateError(error: unknown): ReturnType<typeof s3Error> {
  if (isAwsError(error)) return error;
  if (error instanceof URIError) return s3Error('InvalidURI');
  reportFailure('storage failed', error);
  const trouble = findDiskTrouble(error);
  return trouble
    ? s3Error('InternalError', {}, `Nothing can be stored: ${describeDiskTrouble(trouble)}.`)
    : s3Error('InternalError');
}

/** Sends the answer; a body that streams is sent to its end, or until the client is gone. */
export async function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  reply: S3Reply,
): Promise<void> {
  const { body = '' } = reply;
  response.statusCode = reply.status;
  response.setHeader('x-amz-request-id', requestId);
  response.setHeader('x-amz-id-2', HOST_ID);
  response.setHeader('server', 'AmazonS3');
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  discardRest(request);
  if (typeof body === 'string') {
    const hasLength = response.hasHeader('content-length') || reply.status === 204;
    if (!hasLength && reply.status !== 304) {
      response.setHeader('content-length', Buffer.byteLength(body));
    }
    response.end(request.method === 'HEAD' ? undefined : body);
    return;
  }
  // A client that leaves early is its own affair.
  await pipeline(body, response).catch(() => response.destroy());
}

/** Reads on without keeping anything, so that a client still sending gets to read its answer. */
function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  request.unpipe();
  request.on('error', () => undefined).resume();
  const timer = setTimeout(() => request.destroy(), DISCARD_MILLISECONDS).unref();
  request.once('close', () => clearTimeout(timer));
}
