import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

interface SeenRequest {
  method: string | undefined;
  url: string;
  headers: IncomingMessage['headers'];
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was sent
  body: any;
}

/** What the server does with one call. */
export type Step = (response: ServerResponse, seen: SeenRequest) => void;

export interface GeminiServer {
  url: string;
  seen: SeenRequest[];
  close(): Promise<void>;
}

/** Speaks generateContent: one step a call, in order; the last one is repeated. */
export async function startGeminiServer(steps: Step[]): Promise<GeminiServer> {
  const seen: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const text = (await buffer(request)).toString('utf8');
    const { method, url = '', headers } = request;
    const entry = { method, url, headers, text, body: text === '' ? undefined : JSON.parse(text) };
    seen.push(entry);
    steps[Math.min(seen.length, steps.length) - 1]?.(response, entry);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function sendJson(status: number, body: unknown): Step {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
}

export const USAGE = {
  promptTokenCount: 1_200,
  candidatesTokenCount: 100,
  thoughtsTokenCount: 50,
  totalTokenCount: 1_350,
};

/** A 200 whose first candidate says this. */
export function say(text: string, candidate: object = {}, answer: object = {}): Step {
  return sendJson(200, {
    candidates: [
      { content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', ...candidate },
    ],
    usageMetadata: USAGE,
    modelVersion: 'gemini-3.8-flash',
    ...answer,
  });
}

export function refuse(code: number, status: string, details: object[] = [], message = ''): Step {
  return sendJson(code, { error: { code, status, message, details } });
}

export function detail(type: string, fields: object): object {
  return { '@type': `type.googleapis.com/google.rpc.${type}`, ...fields };
}
