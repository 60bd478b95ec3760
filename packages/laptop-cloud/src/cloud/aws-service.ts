import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { describeDiskTrouble, findDiskTrouble, reportFailure } from './disk-trouble.ts';

/** A request whose signature the endpoint has verified already; `url` is path and query. */
export interface AwsRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** One AWS service behind the shared endpoint; answers every request, also those that fail. */
export interface AwsService {
  handle(request: AwsRequest, response: ServerResponse): void | Promise<void>;
}

/** An error that is sent to the caller as it is; `code` is the service's name for it. */
export interface AwsError extends Error {
  code: string;
  status: number;
}

export function awsError(code: string, message: string, status = 400): AwsError {
  return Object.assign(new Error(message), { code, status });
}

export function isAwsError(error: unknown): error is AwsError {
  return error instanceof Error && 'code' in error && 'status' in error;
}

/** One operation of a service: parses its input itself; throws `AwsError`. */
export type Operation<Context> = (input: unknown, context: Context) => unknown;

/** SQS speaks 1.0, Secrets Manager 1.1. */
type AwsJsonVersion = '1.0' | '1.1';

/** DynamoDB nests attributes 32 deep, two levels of JSON each. Deeper input would overflow the stack. */
const MAX_LEVELS = 100;

/** The operation and its input; throws AWS's error if the request has neither. */
export function readAwsJson(
  request: AwsRequest,
  targetPrefix: string,
): { operation: string; input: unknown } {
  const target = String(request.headers['x-amz-target'] ?? '');
  if (!target.startsWith(`${targetPrefix}.`)) throw unknownOperation(target);
  const input = parseBody(request.body.toString('utf8'));
  if (isDeeper(input, MAX_LEVELS)) {
    throw awsError('SerializationException', `The body has more than ${MAX_LEVELS} levels.`);
  }
  return { operation: target.slice(targetPrefix.length + 1), input };
}

function parseBody(text: string): unknown {
  try {
    return text ? JSON.parse(text) : {};
  } catch (cause) {
    throw Object.assign(awsError('SerializationException', 'The body is not JSON.'), { cause });
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

export function unknownOperation(name: string) {
  return awsError('UnknownOperationException', `${name || 'No operation'} is not known here.`);
}

export function sendAwsJson(
  response: ServerResponse,
  version: AwsJsonVersion,
  status: number,
  body: unknown,
): void {
  response.statusCode = status;
  response.setHeader('content-type', `application/x-amz-json-${version}`);
  response.end(JSON.stringify(body ?? {}));
}

/** The error as the caller sees it. A defect of this endpoint is logged, and shown without details; so is trouble with the disk, by its name. */
export function describeFailure(error: unknown): { code: string; message: string; status: number } {
  if (isAwsError(error)) return { code: error.code, message: error.message, status: error.status };
  reportFailure('the endpoint failed', error);
  const trouble = findDiskTrouble(error);
  const message = trouble ? describeDiskTrouble(trouble) : 'see its log';
  return { code: 'InternalFailure', message: `The endpoint failed: ${message}.`, status: 500 };
}
