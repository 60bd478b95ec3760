import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';

export interface Outgoing {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

export interface Bounds {
  /** Until a new connection stands, and until the whole answer is there; in milliseconds. */
  connectMs: number;
  answerMs: number;
}

export interface Answer {
  status: number;
  text: string;
}

/** To one service; what is above waits. */
const MAX_CONNECTIONS = 50;
// They stay open: a new one takes longer than most calls.
const httpAgent = new http.Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
const httpsAgent = new https.Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });

/** One request and its answer. Rejects with Node's own errors, or with a `TimeoutError`. */
export function exchange({ url, body, ...head }: Outgoing, bounds: Bounds): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent =
      url.protocol === 'https:'
        ? https.request(url, { ...head, agent: httpsAgent })
        : http.request(url, { ...head, agent: httpAgent });
    const stop = boundTime(sent, bounds);
    sent.on('response', (response) => {
      const { statusCode: status = 0 } = response;
      readText(response).then((text) => resolve({ status, text }), reject);
    });
    sent.on('error', reject).on('close', stop);
    sent.end(body);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

/** Ends it when its time is up. */
function boundTime(sent: ClientRequest, { connectMs, answerMs }: Bounds): () => void {
  const end = (what: string) => () => {
    sent.destroy(Object.assign(new Error(`No ${what} in time.`), { name: 'TimeoutError' }));
  };
  const answering = setTimeout(end('answer'), answerMs);
  let connecting: NodeJS.Timeout | undefined;
  sent.on('socket', (socket) => {
    if (!socket.connecting) return;
    connecting = setTimeout(end('connection'), connectMs);
    socket.once('connect', () => clearTimeout(connecting));
  });
  return () => {
    clearTimeout(answering);
    clearTimeout(connecting);
  };
}
