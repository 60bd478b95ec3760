import type { RunningStack } from './stack.ts';

export interface Picture {
  filename: string;
  contentType: string;
  bytes: Uint8Array;
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was answered
type Json = any;

export async function readJson(response: Response): Promise<Json> {
  return response.json();
}

/** Announces a picture and sends it by the signed POST; resolves to the analysis' id. */
export async function upload(stack: RunningStack, picture: Picture, more: object = {}) {
  const { filename, contentType } = picture;
  const announced = await announce(stack, { filename, contentType, ...more });
  const sent = await post(announced.upload, picture);
  if (!sent.ok) throw new Error(`S3 answered ${sent.status}: ${await sent.text()}`);
  return String(announced.id);
}

export async function announce(stack: RunningStack, body: object): Promise<Json> {
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await stack.call('/v1/uploads', init);
  if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
  return response.json();
}

export function post(signed: Json, { filename, contentType, bytes }: Picture): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(signed.fields)) form.append(name, String(value));
  form.append('file', new Blob([Uint8Array.from(bytes)], { type: contentType }), filename);
  return fetch(signed.url, { method: 'POST', body: form });
}

const ENDED = ['succeeded', 'failed', 'rejected'];

/** The analysis, once it has ended; for at most `seconds`. */
export async function waitForEnd(stack: RunningStack, id: string, seconds = 60): Promise<Json> {
  const until = Date.now() + seconds * 1000;
  let analysis: Json;
  do {
    const response = await stack.call(`/v1/analyses/${id}?wait=5`);
    analysis = await response.json();
    if (response.ok && ENDED.includes(analysis.status)) return analysis;
  } while (Date.now() < until);
  throw new Error(`${id} has not ended: ${JSON.stringify(analysis)}`);
}
