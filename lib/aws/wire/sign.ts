import { createHash, createHmac } from 'node:crypto';
import type { Credentials } from './connection.ts';

// Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

export const ALGORITHM = 'AWS4-HMAC-SHA256';

export interface Place {
  region: string;
  service: string;
}

export interface Signature extends Place {
  credentials: Credentials;
  /** Epoch milliseconds. */
  now: number;
}

export interface SignedPost extends Signature {
  host: string;
  /** In lower case. */
  headers: Record<string, string>;
  body: string;
}

/** The headers of a POST to `/` with those that sign it: all, and the whole body. */
export function signPost({ host, headers, body, ...signature }: SignedPost) {
  const { sessionToken } = signature.credentials;
  const amzDate = formatDate(signature.now);
  const signed: Record<string, string> = {
    ...headers,
    host,
    'x-amz-date': amzDate,
    ...(sessionToken && { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(signed).sort();
  const lines = names.map((name) => `${name}:${signed[name]}\n`);
  const canonical = ['POST', '/', '', lines.join(''), names.join(';'), hash(body)].join('\n');
  const scope = formatScope(signature);
  const text = [ALGORITHM, amzDate, scope, hash(canonical)].join('\n');
  const credential = `${signature.credentials.accessKeyId}/${scope}`;
  const authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signText(signature, text)}`;
  return { ...signed, authorization };
}

/** `20261122T101112Z` */
export function formatDate(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
}

export function formatScope({ now, region, service }: Place & { now: number }): string {
  return `${formatDate(now).slice(0, 8)}/${region}/${service}/aws4_request`;
}

export function signText(signature: Signature, text: string): string {
  return createHmac('sha256', deriveKey(signature)).update(text).digest('hex');
}

/** The last one: it holds for a day, and takes longer than all the rest. */
let derived: { of: string; key: Buffer } = { of: '', key: Buffer.alloc(0) };

function deriveKey(signature: Signature): Buffer {
  const { secretAccessKey } = signature.credentials;
  const parts = formatScope(signature).split('/');
  const of = `${secretAccessKey}/${parts}`;
  if (derived.of !== of) {
    const first = Buffer.from(`AWS4${secretAccessKey}`);
    const key = parts.reduce<Buffer>(
      (k, part) => createHmac('sha256', k).update(part).digest(),
      first,
    );
    derived = { of, key };
  }
  return derived.key;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
