import { replyUnderFault } from './faults.ts';
import type { FileStore } from './files/store.ts';
import { measureMedia } from './measure-media.ts';
import type { Measured } from './measured.ts';
import { findMedia } from './media.ts';
import { describeModel, isGone } from './models.ts';
import { createErrorInfo, refuse } from './refusal.ts';
import { createJsonReply, type Reply } from './reply.ts';
import { parseGenerateRequest } from './request-schema.ts';
import type { RecordedRequest } from './requests.ts';
import type { ParsedFault } from './script.ts';

/** An answer, and the fault that is to spoil its delivery. */
export interface Outcome {
  reply: Reply;
  fault: ParsedFault;
}

interface RouteOptions {
  apiKey: string;
  models: readonly string[];
  now(): number;
  takeFault(request: RecordedRequest): ParsedFault;
  files: FileStore;
}

/**
 * Answers one request of the Gemini API; throws a refusal for what Google would refuse. A fault is taken only
 * by a request that is good: under test, too, a client is held to what it sends.
 */
export async function routeRequest(
  request: RecordedRequest,
  { apiKey, models, now, takeFault, files }: RouteOptions,
): Promise<Outcome> {
  checkKey(request, apiKey);
  const { name, action } = parsePath(request);
  const there = models.filter((model) => !isGone(model, now()));
  if (name === undefined) return succeed({ models: there.map(describeModel) });
  if (!models.includes(name)) throw refuseModel(name, action ?? 'getModel');
  if (!there.includes(name)) throw refuseEnded(name);
  if (action === undefined) return succeed(describeModel(name));
  if (action !== 'generateContent') throw refuse(501, `The stand-in does not do ${action}.`);
  if (typeof request.body !== 'object') throw refuse(400, 'Invalid JSON payload received.');
  const generateRequest = parseGenerateRequest(request.body, name);
  const measured: Measured[] = [];
  for (const media of findMedia(generateRequest, files)) measured.push(await measureMedia(media));
  const fault = takeFault(request);
  return { reply: replyUnderFault(fault, { ...generateRequest, measured }), fault };
}

function succeed(value: unknown): Outcome {
  return { reply: createJsonReply(200, value), fault: { kind: 'pass' } };
}

/** Google takes `?key=` too; here it is refused, for a key in a URL ends up in logs. */
export function checkKey(
  { path, headers }: Pick<RecordedRequest, 'path' | 'headers'>,
  apiKey: string,
): void {
  if (new URL(`http://stand-in${path}`).searchParams.has('key')) {
    throw refuse(400, 'The key belongs in the header x-goog-api-key, not in the URL.');
  }
  const key = headers['x-goog-api-key'];
  if (key === undefined || key === '') {
    throw refuse(
      403,
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    );
  }
  if (key !== apiKey) {
    throw refuse(400, 'API key not valid. Please pass a valid API key.', [
      createErrorInfo('API_KEY_INVALID'),
    ]);
  }
}

function parsePath({ method, path }: RecordedRequest): { name?: string; action?: string } {
  const { pathname } = new URL(`http://stand-in${path}`);
  const match = /^\/v1beta\/models(?:\/([\w.-]+)(?::(\w+))?)?$/.exec(pathname);
  const [, name, action] = match ?? [];
  const expected = action === undefined ? 'GET' : 'POST';
  if (match === null || method !== expected) throw refuse(404, `Not found: ${method} ${pathname}`);
  return { ...(name ? { name } : {}), ...(action ? { action } : {}) };
}

/** The words are those of google/adk-docs#1840. */
function refuseEnded(name: string): Error {
  return refuse(
    404,
    `This model models/${name} is no longer available. Please update your code to use a newer model for the latest features and improvements.`,
  );
}

function refuseModel(name: string, action: string): Error {
  return refuse(
    404,
    `models/${name} is not found for API version v1beta, or is not supported for ${action}. Call ListModels to see the list of available models and their supported methods.`,
  );
}
