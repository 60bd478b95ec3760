import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';

export interface Outgoing {
  method: string;
  origin: URL;
  /** With the query, and sent as it stands: a URL would take `..` out of it, which may be part of an object's key. */
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
  signal?: AbortSignal | undefined;
}

export interface Bounds {
  /** Until a new connection stands, and until the answer is there, in milliseconds; of a streamed one, until it begins. */
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

/** One request and its whole answer. Rejects with Node's own errors, or with a `TimeoutError`. */
export function exchange(outgoing: Outgoing, bounds: Bounds): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { sent, stop } = start(outgoing, bounds);
    sent.on('response', (response) => readText(response).then(resolve, reject));
    sent.on('error', reject).on('close', stop);
    sent.end(outgoing.body);
  });
}

/** One request; its answer's body is still to come. Rejects as `exchange` does. */
export function openExchange(outgoing: Outgoing, bounds: Bounds): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { sent, stop } = start(outgoing, bounds);
    sent.on('response', (response) => {
      stop();
      resolve(response);
    });
    sent.on('error', reject).on('close', stop);
    sent.end(outgoing.body);
  });
}

/** By listeners: as an iterator of streams it takes three times as long. */
export function readText(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      const { statusCode: status = 0 } = response;
      resolve({ status, text: Buffer.concat(chunks).toString() });
    });
    response.on('error', reject);
  });
}

function start({ origin, method, path, headers, signal }: Outgoing, bounds: Bounds) {
  const head = { method, path, headers, ...(signal && { signal }) };
  const sent =
    origin.protocol === 'https:'
      ? https.request(origin, { ...head, agent: httpsAgent })
      : http.request(origin, { ...head, agent: httpAgent });
  return { sent, stop: boundTime(sent, bounds) };
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
