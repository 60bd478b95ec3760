import { type Bounds, exchange, keyHeader, resolveUrl } from './exchange.ts';
import { readProblem } from './problem.ts';
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

/** One call of generateContent. Throws what readProblem and parseResponse throw, and `model_unavailable`. */
export async function callModel({ baseUrl, model, key, ...call }: Call): Promise<ModelResponse> {
  const { status, body } = await exchange({
    ...call,
    url: resolveUrl(baseUrl, `/v1beta/models/${encodeURIComponent(model)}:generateContent`),
    method: 'POST',
    headers: { 'content-type': 'application/json', ...keyHeader(key) },
  });
  if (status !== 200) throw readProblem(status, body, key);
  return parseResponse(body);
}
