import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** `applied`: the call is made, and its answer lost; `lost`: the call itself; `throttled`: refused with a 400 or 503. */
export type Fault = 'applied' | 'lost' | 'throttled';

/** One sending of a signed call. */
export interface Sending {
  /** Of this very call, by all that it says. */
  nth: number;
  /** `dynamodb:UpdateItem`; for S3 its method. */
  operation: string;
  /** The function's name, as the laptop's host writes it into the access key. */
  caller: string | undefined;
}

export type Plan = (sending: Sending) => Fault | undefined;

/** In front of an AWS endpoint: does to each sending what the plan says. Signed links, which clients use, pass. */
export async function startFaultyAws(endpoint: string, plan: Plan) {
  const target = new URL(endpoint);
  const sent = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const body = await buffer(request);
    const signed = headers.authorization;
    const operation = nameOperation(method, headers['x-amz-target']);
    const key = digest([signed && readCaller(signed), method, url, operation, body]);
    const nth = (sent.get(key) ?? 0) + 1;
    sent.set(key, nth);
    const fault = signed ? plan({ nth, operation, caller: readCaller(signed) }) : undefined;
    if (fault === 'lost') return void request.socket.destroy();
    if (fault === 'throttled')
      return void response.writeHead(...refusalBy(operation)).end(THROTTLED);
    const path = { host: target.hostname, port: target.port, method, path: url, headers };
    const forwarded = sendRequest(path, async (answer) => {
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

const THROTTLED = JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' });

function refusalBy(operation: string): [number, Record<string, string>] {
  const isS3 = !operation.includes(':');
  return [isS3 ? 503 : 400, { 'content-type': 'application/x-amz-json-1.0' }];
}

function nameOperation(method: string, target: string | string[] | undefined): string {
  return typeof target === 'string' ? target.replace(/^(\w+?)(_\d+)?\./, '$1:') : method;
}

/** The access key's part after the dot. */
function readCaller(authorization: string): string | undefined {
  return /Credential=[^/.]+\.([^/]+)\//.exec(authorization)?.[1];
}

function digest(parts: unknown[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(Buffer.isBuffer(part) ? part : `${part}\n`);
  return hash.digest('hex');
}
