import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import type { Service } from './service.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was answered
type Json = any;

const context = {
  functionName: 'test',
  awsRequestId: 'test',
  getRemainingTimeInMillis: () => 25_000,
  callbackWaitsForEmptyEventLoop: false,
} as Context;

/**
 * Calls a function as it is deployed, with what serverless.yml sets for it. It is wired as it is
 * imported: the query makes it one of this service's, and not that of a test before.
 */
export async function invoke(service: Service, name: string, event: object): Promise<Json> {
  const spec = service.played.functions.find((one) => one.name === name);
  if (!spec) throw new Error(`serverless.yml declares no ${name}`);
  Object.assign(process.env, spec.environment);
  const file = pathToFileURL(`${service.played.taskRoot}/functions/${name}.ts`);
  const { handler } = await import(`${file.href}?service=${encodeURIComponent(service.dataDir)}`);
  return handler(event, context);
}

/** The same by HTTP, as the client of that key; `body` is parsed. */
export async function invokeApi(
  service: Service,
  name: string,
  event: object,
  key: string,
): Promise<Json> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const http = { sourceIp: '203.0.113.7', method: 'GET', path: '/' };
  const requestContext = { requestId: 'r', timeEpoch: Date.now(), http };
  const { statusCode, body } = await invoke(service, name, { headers, requestContext, ...event });
  return { status: statusCode, body: JSON.parse(body) };
}
