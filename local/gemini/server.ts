import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from 'laptop-cloud/listen';
import { controlStandIn } from './control.ts';
import { deliver, send } from './deliver.ts';
import { isAboutFiles } from './files/routes.ts';
import type { FileFault, FileScript } from './files/script.ts';
import { type FilesOptions, openFiles } from './files/stand.ts';
import type { FileStore } from './files/store.ts';
import { DEFAULT_MODELS } from './models.ts';
import { createRefusal, refusalOf } from './refusal.ts';
import { createJsonReply } from './reply.ts';
import { createRecorder, type RecordedRequest, readBody } from './requests.ts';
import { checkKey, type Outcome, routeRequest } from './routes.ts';
import { createScript, type Fault, type Script } from './script.ts';

export type { Fault, FileFault };

interface GeminiOptions extends FilesOptions {
  /** On 127.0.0.1; 0 or none: any. */
  port?: number;
  /** The only key that is accepted. */
  apiKey: string;
  /** Names of the models that exist. */
  models?: readonly string[];
  /** Epoch milliseconds: some of the models end one day. */
  now?: () => number;
  script?: Script<RecordedRequest>;
  /** Opens `PUT /script` and `GET /requests`, without a key, to tests in other processes. */
  controllable?: boolean;
}

export interface Gemini {
  url: string;
  /** The latest requests, refused ones too; those to control the stand-in are left out. */
  requests: RecordedRequest[];
  /** Replaces the script: faults for the next generateContent calls, in order, or a function asked for each. */
  script(script: Script<RecordedRequest>): void;
  /** The same for calls about files. */
  scriptFiles(script: FileScript): void;
  files: FileStore;
  /** Cuts off what is still under way; a second call does nothing. */
  close(): Promise<void>;
}

/**
 * Starts the stand-in for the Gemini API on 127.0.0.1: generateContent, models.get, models.list, and the
 * Files API. It refuses what Google refuses, and answers by measuring. Rejects where the port is taken.
 */
export async function startGemini(options: GeminiOptions): Promise<Gemini> {
  const { apiKey, models = DEFAULT_MODELS, now = Date.now, controllable = false } = options;
  const { requests, record } = createRecorder();
  const script = createScript<RecordedRequest>();
  script.set(options.script ?? []);
  const files = openFiles(options, (request) => checkKey(describeHead(request), apiKey));
  const scripts = { script: script.set, scriptFiles: files.script };
  const closing = new AbortController();

  const answer = async (request: IncomingMessage): Promise<Outcome> => {
    if (isAboutFiles(request.url)) {
      record({ ...describeHead(request), body: undefined }, 0);
      return files.answer(request, listening.url);
    }
    const { received, characters } = await receive(request);
    const controlled = controllable && controlStandIn(received, { requests, ...scripts });
    if (controlled) return { reply: controlled, fault: { kind: 'pass' } };
    record(received, characters);
    const served = { apiKey, models, now, takeFault: script.take, files: files.store };
    return routeRequest(received, served);
  };

  const server = createServer((request, response) => {
    answer(request)
      .then(({ reply, fault }) => deliver(response, reply, { fault, signal: closing.signal }))
      .catch((error: unknown) => sendError(response, error));
  });
  const listening = await listen(server, options.port ?? 0);
  const close = async (): Promise<void> => {
    closing.abort();
    const closed = listening.close();
    listening.cut();
    await closed;
    files.close();
  };
  return { url: listening.url, requests, ...scripts, files: files.store, close };
}

function describeHead({ method = 'GET', url: path = '/', headers }: IncomingMessage) {
  return { method, path, headers };
}

async function receive(
  request: IncomingMessage,
): Promise<{ received: RecordedRequest; characters: number }> {
  const text = await readBody(request);
  const received = { ...describeHead(request), body: parseLoosely(text) };
  return { received, characters: text.length };
}

/** What is no JSON stays a text, to be seen in the record and refused by its route. */
function parseLoosely(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const refusal = refusalOf(error);
  if (refusal === undefined && !response.destroyed) console.error('Gemini stand-in:', error);
  const { status, body } = refusal ?? createRefusal(500, 'The stand-in failed.');
  send(response, createJsonReply(status, body));
}
