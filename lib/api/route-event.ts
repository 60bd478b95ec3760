import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Caller } from '../door/door.ts';

/** A request's `Idempotency-Key`, and the digest of what came with it. */
export interface Keyed {
  key: string;
  digest: string;
}

/** An event of the HTTP API, on its way through the chain. */
export type RouteEvent = Omit<APIGatewayProxyEventV2, 'body'> & {
  body?: unknown;
  caller?: Caller;
  keyed?: Keyed;
  /** What every answer to it carries, a refusal too. */
  answerHeaders?: Record<string, string>;
};
export type Middleware = MiddlewareObj<RouteEvent, APIGatewayProxyStructuredResultV2>;
