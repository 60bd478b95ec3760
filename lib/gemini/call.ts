import { createFault } from './errors.ts';
import { type Bounds, exchange, keyHeader, resolveUrl } from './exchange.ts';
import { findStatus, readProblem } from './problem.ts';
import type { Body } from './request.ts';
import { type Response as ModelResponse, parseResponse } from './response.ts';
import type { Transport } from './transport.ts';

export interface Call extends Bounds {
  baseUrl: string;
  model: string;
  key: string;
  body: Body;
  transport: Transport;
}

/** One call of generateContent. Throws what readProblem throws, and `model_unavailable` where no answer of a model comes. */
export async function callModel({ baseUrl, model, key, ...call }: Call): Promise<ModelResponse> {
  const { status, body } = await exchange({
    ...call,
    url: resolveUrl(baseUrl, `/v1beta/models/${encodeURIComponent(model)}:generateContent`),
    method: 'POST',
    headers: { 'content-type': 'application/json', ...keyHeader(key) },
  });
  if (status !== 200) throw readProblem(status, body, key);
  const problemStatus = findStatus(body); // as streams tell of errors
  if (problemStatus !== undefined) throw readProblem(problemStatus, body, key);
  const response = parseResponse(body);
  if (response) return response;
  const reason = 'Bad answer: not the JSON of generateContent';
  throw createFault('model_unavailable', { remedy: 'retry', reason });
}
