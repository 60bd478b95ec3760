import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectHeaders, type WireRequest } from '../canonical-request.ts';
import { type Authorization, verifyRequest } from '../sigv4.ts';
import { parseQuery, splitTarget } from '../uri-encoding.ts';
import type { Storage } from './commit.ts';
import { answerPreflight, corsHeaders } from './cors.ts';
import type { S3Reply } from './exchange.ts';
import { checkKnownHeaders } from './known-headers.ts';
import { createRequestId } from './notifications.ts';
import { fromWire } from './object-headers.ts';
import { findRoute } from './operations.ts';
import { openPayload } from './payload.ts';
import { type Place, readPlace } from './place.ts';
import { postObject } from './post-object.ts';
import { describeError, sendReply } from './reply.ts';
import { s3Error } from './s3-error.ts';

export interface S3Service {
  /** Answers the request, a refusal included; resolves to what was asked when all is sent. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<Asked>;
}

export interface Asked {
  operation: string;
  /** Whose signature was verified. */
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

/** Turns away `bucket.localhost`, which would be read as a path, and names that a stranger's DNS points here. */
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
