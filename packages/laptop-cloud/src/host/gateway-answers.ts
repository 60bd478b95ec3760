import type { ServerResponse } from 'node:http';
import type { HttpAnswer } from './http-answer.ts';

/** An answer that no function gave, as API Gateway words it. */
export function createMessage(status: number, message?: string): HttpAnswer {
  const body = Buffer.from(message === undefined ? '' : JSON.stringify({ message }));
  return { status, headers: { 'content-type': 'application/json' }, cookies: [], body };
}

export function sendAnswer(response: ServerResponse, answer: HttpAnswer): void {
  const { status, headers, cookies, body } = answer;
  const bare = status === 204 || status === 304;
  if (status === 413 || status === 503) response.shouldKeepAlive = false;
  response.writeHead(status, {
    ...headers,
    ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}),
    ...(bare ? {} : { 'content-length': body.length }),
  });
  response.end(bare ? undefined : body);
}

/** For what failed here: own routes, or an answer with a header that HTTP cannot carry. */
export function sendFailure(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) {
    response.destroy(); // cut off in the middle, or by the client: nobody is left to be told
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  sendAnswer(response, createMessage(500, 'Internal Server Error'));
}
