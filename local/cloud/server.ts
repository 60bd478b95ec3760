import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { collectHeaders } from './canonical-request.ts';
import { readBody } from './read-body.ts';
import type { S3Service } from './s3/service.ts';
import { sendRefusal } from './send-refusal.ts';
import { type AwsService, isAwsError } from './service.ts';
import { readCredential } from './signature-claim.ts';
import { type Credentials, verifyRequest } from './sigv4.ts';
import { parseQuery, splitTarget } from './uri-encoding.ts';

/** A client may take this long to send a whole request: large objects over slow tools. */
const REQUEST_TIMEOUT_MILLISECONDS = 3_600_000;
/** Longer than clients keep idle connections, so that they never write into one just closed. */
const KEEP_ALIVE_MILLISECONDS = 65_000;

/** One call that was answered, for accounting. */
export interface AwsCall {
  service: string;
  operation: string;
  status: number;
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
      console.error('the AWS endpoint failed', error);
      response.destroy();
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
  const operation =
    service === 's3'
      ? await options.s3.handle(request, response)
      : await answerService(options, service, request, response);
  options.onCall?.({ service, operation, status: response.statusCode });
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
): Promise<string> {
  let operation = 'Unknown';
  try {
    const body = await readBody(request);
    operation = readOperation(request, body);
    const { method = '', url = '', headers } = request;
    verifyRequest(
      { method, target: url, headers: collectHeaders(request.rawHeaders) },
      {
        ...options,
        service: name,
        doubleEncode: true,
        payloadHash: createHash('sha256').update(body).digest('hex'),
      },
    );
    const service = options.services.get(name);
    if (service) await service.handle({ method, url, headers, body }, response);
    else sendRefusal(request, response, { code: 'UnknownService', status: 501 });
  } catch (error) {
    if (!isAwsError(error)) throw error;
    sendRefusal(request, response, error);
  }
  return operation;
}

function readOperation(request: IncomingMessage, body: Buffer): string {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
  const [, action = 'Unknown'] = /(?:^|&)Action=(\w+)/.exec(body.toString('latin1')) ?? [];
  return action;
}
