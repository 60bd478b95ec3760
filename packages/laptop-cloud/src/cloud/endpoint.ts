import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AwsService, awsError, isAwsError, sendAwsJson } from './aws-service.ts';
import { collectHeaders, parseQuery, splitTarget } from './canonical-request.ts';
import { reportFailure } from './disk-trouble.ts';
import type { S3Service } from './s3/service.ts';
import { buildXml } from './s3/xml.ts';
import { type Credentials, readCredential, verifyRequest } from './sigv4.ts';

/** The time for sending a whole request: slow tools send large objects. */
const REQUEST_TIMEOUT_MILLISECONDS = 3_600_000;
/** Longer than clients keep idle connections, so that no client writes to one that was just closed. */
const KEEP_ALIVE_MILLISECONDS = 65_000;

const FAILURE = {
  code: 'InternalFailure',
  status: 500,
  message: 'The endpoint failed; see its log.',
};

/** One call that was answered, for accounting. */
export interface AwsCall {
  service: string;
  operation: string;
  status: number;
  /** The name after the dot in the access key id: a function's, for the functions of the host. */
  caller?: string | undefined;
  /** The JSON that was sent; for S3, bucket and key. */
  input?: unknown;
}

/** A call as far as it could be read. */
interface Understood {
  operation: string;
  accessKeyId?: string | undefined;
  input?: unknown;
}

interface EndpointOptions {
  s3: S3Service;
  /** By the service's name in credential scopes: `sqs`, `dynamodb`, `secretsmanager`. */
  services: ReadonlyMap<string, AwsService>;
  credentials: Credentials;
  region: string;
  now: () => number;
  onCall?: ((call: AwsCall) => void) | undefined;
}

/** One endpoint for all services: the credential scope of a request's signature names the service. */
export function createEndpoint(options: EndpointOptions): Server {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      reportFailure('the AWS endpoint failed', error);
      if (response.headersSent) response.destroy();
      else sendRefusal(request, response, FAILURE);
    });
  });
  server.requestTimeout = REQUEST_TIMEOUT_MILLISECONDS;
  server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  return server;
}

async function answer(
  options: EndpointOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const service = readService(request);
  const { operation, accessKeyId, input } =
    service === 's3'
      ? await answerS3(options.s3, request, response)
      : await answerService(options, service, request, response);
  const caller = accessKeyId?.split('.')[1];
  options.onCall?.({ service, operation, status: response.statusCode, caller, input });
}

async function answerS3(
  s3: S3Service,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Understood> {
  const { place, ...asked } = await s3.handle(request, response);
  return { ...asked, input: { Bucket: place.bucket, Key: place.key } };
}

/** Unsigned requests go to S3 (forms, preflights), except those of the JSON protocol. */
function readService(request: IncomingMessage): string {
  const { authorization = '' } = request.headers;
  const [, inHeader] = /Credential=([^,\s]+)/.exec(authorization) ?? [];
  const credential = inHeader ?? readQueryCredential(request.url ?? '');
  if (credential !== undefined) return readCredential(credential)?.scope.service ?? 's3';
  const target = request.headers['x-amz-target'];
  return typeof target === 'string' ? 'unsigned' : 's3';
}

function readQueryCredential(url: string): string | undefined {
  try {
    return new Map(parseQuery(splitTarget(url).query)).get('X-Amz-Credential');
  } catch {
    return undefined;
  }
}

async function answerService(
  options: EndpointOptions,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Understood> {
  const understood: Understood = { operation: 'Unknown' };
  try {
    const body = await readBody(request);
    understood.operation = readOperation(request, body);
    const { method = '', url = '', headers } = request;
    const { accessKeyId } = verifyRequest(
      { method, target: url, headers: collectHeaders(request.rawHeaders) },
      {
        ...options,
        service: name,
        doubleEncode: true,
        payloadHash: createHash('sha256').update(body).digest('hex'),
      },
    );
    understood.accessKeyId = accessKeyId;
    if (options.onCall) understood.input = readInput(body);
    const service = options.services.get(name);
    if (service) await service.handle({ method, url, headers, body }, response);
    else throw awsError('UnknownService', 'This endpoint does not have that service.', 501);
  } catch (error) {
    const refusal = readRefusal(request, error);
    if (!refusal) throw error;
    sendRefusal(request, response, refusal);
  }
  return understood;
}

/** Undefined for the Query protocol, which sends a form. */
function readInput(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The request's fault; undefined for a defect of this endpoint. */
function readRefusal(request: IncomingMessage, error: unknown): Refusal | undefined {
  if (isAwsError(error)) return error;
  if (error instanceof URIError) {
    const message = 'The query string contains a syntax error.';
    return { code: 'MalformedQueryString', status: 400, message };
  }
  // The client has gone in the middle of its body: this is for `onCall` only.
  return request.complete ? undefined : { code: 'IncompleteBody', status: 400 };
}

function readOperation(request: IncomingMessage, body: Buffer): string {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
  const [, action = 'Unknown'] = /(?:^|&)Action=(\w+)/.exec(body.toString('latin1')) ?? [];
  return action;
}

/** The JSON protocols' names for S3's error codes. */
const JSON_CODES = new Map([
  ['SignatureDoesNotMatch', 'InvalidSignatureException'],
  ['RequestTimeTooSkewed', 'InvalidSignatureException'],
  ['InvalidAccessKeyId', 'UnrecognizedClientException'],
  ['InvalidToken', 'UnrecognizedClientException'],
  ['AccessDenied', 'MissingAuthenticationTokenException'],
  ['AuthorizationHeaderMalformed', 'IncompleteSignatureException'],
  ['UnknownService', 'UnknownOperationException'],
]);
const QUERY_CODES = new Map([['InvalidAccessKeyId', 'InvalidClientTokenId']]);

interface Refusal {
  code: string;
  status: number;
  message?: string;
}

/** Refuses a request before a service sees it, in the protocol of the request. */
function sendRefusal(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const message = refusal.message ?? refusal.code;
  const type = request.headers['content-type'] ?? '';
  if (request.headers['x-amz-target'] !== undefined || type.includes('amz-json')) {
    const code = JSON_CODES.get(refusal.code) ?? refusal.code;
    const version = type.includes('1.1') ? '1.1' : '1.0';
    const status = refusal.status >= 500 ? refusal.status : 400;
    sendAwsJson(response, version, status, { __type: code, message });
    return;
  }
  const Code = QUERY_CODES.get(refusal.code) ?? refusal.code;
  const tree = { Error: { Type: 'Sender', Code, Message: message }, RequestId: randomUUID() };
  response.statusCode = refusal.status;
  response.setHeader('content-type', 'text/xml');
  response.end(buildXml('ErrorResponse', tree, null));
}

/** Not below any service's own limit (DynamoDB's batches: 16 MB), so that the service answers first. */
const MAX_BODY_BYTES = 16 * 1024 ** 2;

/** Reads a request's body whole; throws RequestEntityTooLarge, keeping nothing. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
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
