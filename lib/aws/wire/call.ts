import { retry } from '../../retry.ts';
import { type Connection, endpointOf, readConnection } from './connection.ts';
import { type Answer, type Bounds, postOnce } from './exchange.ts';
import { signPost } from './sign.ts';

/** A service that speaks AWS' JSON protocol: its name in signatures, and the prefix of its operations' names. */
export interface JsonService extends Bounds {
  service: string;
  prefix: string;
  /** Tries in all, and their delays in milliseconds. */
  tries: number;
  connection?: Connection;
}

/** Calls an operation. Throws an Error that has the name which the service gave it. */
export type CallAws = (operation: string, input: object) => Promise<Record<string, unknown>>;

/** The longest first delay between tries, and the longest of all, in milliseconds. */
const BASE_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
const NEVER = new AbortController().signal;

/**
 * A client for the few services that are called at every request: AWS' own takes 50 ms to load and a
 * millisecond for a call (docs/decisions/0010-a-small-client-for-the-table.md).
 */
export function createCaller(options: JsonService): CallAws {
  const { service, prefix, tries } = options;
  const connection = options.connection ?? readConnection(service);
  const url = endpointOf(service, connection);
  const { region } = connection;

  async function callOnce(operation: string, body: string): Promise<Record<string, unknown>> {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `${prefix}.${operation}`,
    };
    const { credentials: given } = connection;
    const credentials = typeof given === 'function' ? await given() : given;
    const signature = { region, service, credentials, now: Date.now() };
    const signed = signPost({ host: url.host, headers, body, ...signature });
    const answer = await postOnce({ url, headers: { ...signed, ...readTrace() }, body }, options);
    return readAnswer(answer);
  }

  return (operation, input) => {
    const body = JSON.stringify(input);
    return retry(() => callOnce(operation, body), {
      tries,
      baseMs: BASE_DELAY_MS,
      capMs: MAX_DELAY_MS,
      deadline: Number.POSITIVE_INFINITY,
      signal: NEVER,
      isRetryable,
    });
  };
}

/** Lambda's, by which AWS finds functions that call each other in circles. */
function readTrace(): Record<string, string> {
  const trace = process.env._X_AMZN_TRACE_ID;
  return trace ? { 'x-amzn-trace-id': trace } : {};
}

function readAnswer({ status, text }: Answer): Record<string, unknown> {
  const answered = text === '' ? {} : parseObject(text);
  if (status === 200 && answered) return answered;
  const { __type: type, message, Message } = answered ?? {};
  const name = typeof type === 'string' ? type.slice(type.lastIndexOf('#') + 1) : `Status${status}`;
  const error = new Error(String(message ?? Message ?? `AWS answered ${status}.`));
  throw Object.assign(error, { name, status });
}

/** Undefined where it is something else: a proxy's page, an answer that was cut. */
function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Connections that broke: Node's codes. Those kept open are often found closed by the other side. */
const BROKEN = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENOTFOUND'];
const BUSY = /Throttl|^ProvisionedThroughputExceeded|^RequestLimitExceeded|^TimeoutError$/;

function isRetryable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && BROKEN.includes(String(error.code))) return true;
  const isTheirs = 'status' in error && Number(error.status) >= 500;
  return isTheirs || BUSY.test(error.name);
}
