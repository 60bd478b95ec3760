import type { Readable } from 'node:stream';
import type { Storage } from './commit.ts';
import type { VerifiedSource } from './verified-source.ts';

/** A verified request, taken apart. `bucket` and `key` are empty where the path names none. */
export interface S3Request {
  id: string;
  sourceIp: string;
  method: string;
  bucket: string;
  key: string;
  query: ReadonlyMap<string, string>;
  /** By name in lower case; for presigned requests the `x-amz-` parameters of the query, too. */
  headers: ReadonlyMap<string, string>;
  payload: VerifiedSource;
}

export interface S3Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Readable;
}

export type Operation = (storage: Storage, request: S3Request) => S3Reply | Promise<S3Reply>;

/** An XML answer. */
export function xmlReply(body: string, headers: Record<string, string> = {}): S3Reply {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body };
}

export function originOf(request: S3Request): { requestId: string; sourceIp: string } {
  return { requestId: request.id, sourceIp: request.sourceIp };
}
