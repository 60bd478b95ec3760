import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { nameCall } from './name-call.ts';

/** `applied`: the call is made, and its answer lost; `lost`: the call itself; `throttled`: refused with a 400 or 503. */
export type Fault = 'applied' | 'lost' | 'throttled';

/** One sending of a signed call. */
export interface Sending {
  /** Of this very call, by all that it says. */
  nth: number;
  /** The call, as test/template/calls.ts writes it: `dynamodb:UpdateItem analysis`. */
  call: string;
  /** The function's name. */
  caller: string | undefined;
  /** Of all that the call says. */
  digest: string;
}

export type Plan = (sending: Sending) => Fault | undefined;

/** Where a call goes, and what becomes of it. */
interface Route {
  endpoint: string;
  plan: Plan;
  caller?: string | undefined;
  /** Which run it is: what was sent in another is no repetition. */
  run?: number;
  /** Told of each signed call that was answered, with ` missing` where S3 found nothing. */
  onAnswer?: ((sending: Sending) => void) | undefined;
}

/** In front of an AWS endpoint: does to each sending what the plan says. Signed links, which clients use, pass. */
export function startFaultyAws(endpoint: string, plan: Plan) {
  return startFaultyRouter(() => ({ endpoint, plan }));
}

/** The same in front of several, which the headers choose from. */
export async function startFaultyRouter(routeOf: (headers: IncomingHttpHeaders) => Route) {
  const sent = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const body = await buffer(request);
    const { endpoint, plan, onAnswer, ...route } = routeOf(headers);
    const signed = headers.authorization;
    const caller = signed && (route.caller ?? readCaller(signed));
    const target = headers['x-amz-target'];
    const digest = digestOf([endpoint, route.run, caller, method, url, target, body]);
    const nth = (sent.get(digest) ?? 0) + 1;
    sent.set(digest, nth);
    const call = signed ? nameCall({ method, url, target, body }) : '';
    const sending = { nth, call, caller, digest };
    const fault = signed ? plan(sending) : undefined;
    if (fault === 'lost') return void request.socket.destroy();
    if (fault === 'throttled') return void response.writeHead(...refusalBy(call)).end(THROTTLED);
    const { hostname: host, port } = new URL(endpoint);
    const forwarded = sendRequest({ host, port, method, path: url, headers }, async (answer) => {
      const missing = call.startsWith('s3:') && answer.statusCode === 404 ? ' missing' : '';
      if (signed) onAnswer?.({ ...sending, call: `${call}${missing}` });
      if (fault === 'applied') {
        await buffer(answer);
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
      answer.pipe(response);
    });
    forwarded.on('error', () => request.socket.destroy());
    forwarded.end(body);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Longer than clients keep idle connections: no fault comes that nobody planned. */
const KEEP_ALIVE_MS = 65_000;
const THROTTLED = JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' });

function refusalBy(call: string): [number, Record<string, string>] {
  const status = call.startsWith('s3:') ? 503 : 400;
  return [status, { 'content-type': 'application/x-amz-json-1.0' }];
}

/** The access key's part after the dot. */
function readCaller(authorization: string): string | undefined {
  return /Credential=[^/.]+\.([^/]+)\//.exec(authorization)?.[1];
}

function digestOf(parts: unknown[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(Buffer.isBuffer(part) ? part : `${part}\n`);
  return hash.digest('hex');
}
