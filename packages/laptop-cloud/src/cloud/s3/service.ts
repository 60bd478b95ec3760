import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { isAwsError } from '../aws-service.ts';
import { collectHeaders, parseQuery, splitTarget, type WireRequest } from '../canonical-request.ts';
import { describeDiskTrouble, findDiskTrouble, reportFailure } from '../disk-trouble.ts';
import { type Authorization, verifyRequest } from '../sigv4.ts';
import { answerPreflight, corsHeaders } from './cors.ts';
import { createRequestId, HOST_ID } from './notifications.ts';
import { fromWire } from './object-detail.ts';
import { findRoute } from './operations.ts';
import { openPayload } from './payload.ts';
import { postObject } from './post-object.ts';
import { checkKnownHeaders, type Place, readPlace, type S3Reply } from './request.ts';
import { readDetails, s3Error } from './s3-error.ts';
import type { Storage } from './storage.ts';
import { buildXml } from './xml.ts';

export interface S3Service {
  /** Answers the request, also by a refusal; resolves to its description after the answer is sent. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<Asked>;
}

interface Asked {
  operation: string;
  /** Of the verified signature. */
  accessKeyId?: string | undefined;
  place: Place;
}

interface Visit extends Asked {
  id: string;
  request: IncomingMessage;
  wire: WireRequest;
}

export function createS3Service(storage: Storage): S3Service {
  return {
    handle: async (request, response) => {
      const visit = openVisit(request);
      const reply = await answer(storage, visit).catch((error: unknown) =>
        describeError(isCutOff(request) ? s3Error('IncompleteBody') : error, {
          id: visit.id,
          target: visit.wire.target,
        }),
      );
      const bucket = storage.buckets.find(visit.place.bucket);
      const isPreflight = visit.wire.method === 'OPTIONS';
      const cors = isPreflight ? {} : corsHeaders(bucket, visit.wire.method, visit.wire.headers);
      const headers = { ...cors, ...reply.headers };
      await sendReply(request, response, visit.id, { ...reply, headers });
      const { operation, accessKeyId, place } = visit;
      return { operation, accessKeyId, place };
    },
  };
}

function isCutOff(request: IncomingMessage): boolean {
  return request.destroyed && !request.complete;
}

function openVisit(request: IncomingMessage): Visit {
  const { method = '', url: target = '', rawHeaders } = request;
  const wire = { method, target, headers: collectHeaders(rawHeaders) };
  return {
    id: createRequestId(),
    request,
    wire,
    place: { bucket: '', key: '' },
    operation: method === 'OPTIONS' ? 'Preflight' : 'Unknown',
  };
}

async function answer(storage: Storage, visit: Visit): Promise<S3Reply> {
  const { wire } = visit;
  checkHost(wire.headers.get('host') ?? '');
  visit.place = readPlace(wire.target);
  const { bucket, key } = visit.place;
  if (wire.method === 'OPTIONS') return answerPreflight(storage.buckets.find(bucket), wire.headers);
  if (isForm(wire) && bucket !== '' && key === '') return answerForm(storage, visit);
  const authorization = verifyRequest(wire, { ...storage, service: 's3', doubleEncode: false });
  visit.accessKeyId = authorization.accessKeyId;
  const query = new Map(parseQuery(splitTarget(wire.target).query));
  const headers = readHeaders(wire, query, authorization);
  const found = findRoute({ method: wire.method, bucket, key, query, headers });
  visit.operation = found.name;
  checkKnownHeaders(headers, storage.accountId);
  // The iterator must not destroy the request: the client would never see why it was refused.
  const body = visit.request.iterator({ destroyOnReturn: false });
  return found.run(storage, {
    id: visit.id,
    sourceIp: readAddress(visit.request),
    method: wire.method,
    bucket,
    key,
    query,
    headers,
    payload: openPayload(body, headers, authorization),
  });
}

/** Refuses `bucket.localhost`, which would be misread as a path, and foreign names that resolve to this machine. */
function checkHost(host: string): void {
  if (/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(host)) return;
  throw s3Error('NotImplemented', { Host: host }, 'Address buckets by path, at 127.0.0.1.');
}

function isForm({ method, headers, target }: WireRequest): boolean {
  const type = headers.get('content-type') ?? '';
  return method === 'POST' && type.startsWith('multipart/form-data') && !target.includes('?');
}

function answerForm(storage: Storage, visit: Visit): Promise<S3Reply> {
  visit.operation = 'PostObject';
  return postObject(storage, visit.request, {
    bucket: visit.place.bucket,
    origin: { requestId: visit.id, sourceIp: readAddress(visit.request) },
    endpoint: `http://${visit.wire.headers.get('host') ?? ''}`,
    onSigned: (accessKeyId, key) => {
      visit.accessKeyId = accessKeyId;
      visit.place = { ...visit.place, key };
    },
  });
}

/** With presigned requests, x-amz parameters of the query count as the headers they stand for. */
function readHeaders(
  wire: WireRequest,
  query: ReadonlyMap<string, string>,
  { presigned }: Authorization,
): Map<string, string> {
  const headers = new Map([...wire.headers].map(([name, value]) => [name, fromWire(value)]));
  if (!presigned) return headers;
  for (const [name, value] of query) {
    if (name.startsWith('x-amz-') && !headers.has(name)) headers.set(name, value);
  }
  return headers;
}

function readAddress(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '127.0.0.1';
}

/** A refused client may go on sending for this long; its bytes are discarded. */
const DISCARD_MILLISECONDS = 30_000;

/** An error in S3's XML. An unexpected one becomes InternalError, and is logged. */
function describeError(error: unknown, about: { id: string; target: string }): S3Reply {
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
async function sendReply(
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
