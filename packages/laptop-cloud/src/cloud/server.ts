import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { collectHeaders } from './canonical-request.ts';
import { reportFailure } from './disk-trouble.ts';
import { readBody } from './read-body.ts';
import type { S3Service } from './s3/service.ts';
import { type Refusal, sendRefusal } from './send-refusal.ts';
import { type AwsService, awsError, isAwsError } from './service.ts';
import { readCredential } from './signature-claim.ts';
import { type Credentials, verifyRequest } from './sigv4.ts';
import { parseQuery, splitTarget } from './uri-encoding.ts';

/** A client may take this long to send a whole request: large objects over slow tools. */
const REQUEST_TIMEOUT_MILLISECONDS = 3_600_000;
/** Longer than clients keep idle connections, so that they never write into one just closed. */
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
  /** The name in the access key, after the dot: on this machine, the function's. */
  caller?: string | undefined;
  /** What was asked: the JSON that was sent; for S3, bucket and key. */
  input?: unknown;
}

/** A call as far as it was understood. */
interface Understood {
  operation: string;
  accessKeyId?: string | undefined;
  input?: unknown;
}

export interface EndpointOptions {
  s3: S3Service;
  /** By the service's name in credential scopes: `sqs`, `dynamodb`, `secretsmanager`. */
  services: ReadonlyMap<string, AwsService>;
  credentials: Credentials;
  region: string;
  now: () => number;
  onCall?: ((call: AwsCall) => void) | undefined;
}

/** The one endpoint of all services: routes by the signature's credential scope, which each request has. */
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

/** Anonymous requests are S3's (forms, preflights, refusals), but for the JSON protocol's. */
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

/** Undefined for SQS' older protocol, which sends a form. */
function readInput(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** What is wrong with the request; undefined where the failure is ours. */
function readRefusal(request: IncomingMessage, error: unknown): Refusal | undefined {
  if (isAwsError(error)) return error;
  if (error instanceof URIError) {
    const message = 'The query string contains a syntax error.';
    return { code: 'MalformedQueryString', status: 400, message };
  }
  // Cut off in its body: the answer is for the accounts, nobody is left to read it.
  return request.complete ? undefined : { code: 'IncompleteBody', status: 400 };
}

function readOperation(request: IncomingMessage, body: Buffer): string {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
  const [, action = 'Unknown'] = /(?:^|&)Action=(\w+)/.exec(body.toString('latin1')) ?? [];
  return action;
}
