import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

/** A request whose signature the endpoint has verified already; `url` is path and query. */
export interface AwsRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** One AWS service behind the shared endpoint: answers every request, its own errors included. */
export interface AwsService {
  handle(request: AwsRequest, response: ServerResponse): void | Promise<void>;
}

/** An error that goes to the caller as it is: `code` is the service's name for it. */
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
