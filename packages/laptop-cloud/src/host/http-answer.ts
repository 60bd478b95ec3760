import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const answerSchema = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), scalar).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});
// The gateway's to say. Its own CORS settings, where there are any, win over the function's.
const GATEWAY_HEADER = /^(connection|content-length|keep-alive|transfer-encoding|upgrade)$/;

export interface HttpAnswer {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  cookies: string[];
  body: Buffer;
}

/** A function's result (JSON) as HTTP, by payload format 2.0. Undefined = it has not the right shape. */
export function readHttpAnswer(payload: string): HttpAnswer | undefined {
  const result: unknown = JSON.parse(payload);
  if (result === null || typeof result !== 'object' || !('statusCode' in result)) {
    return inferAnswer(result, payload);
  }
  const parsed = answerSchema.safeParse(result);
  if (!parsed.success) return undefined;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const kept = given.filter(([name]) => !GATEWAY_HEADER.test(name ?? ''));
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  const type = bytes.length > 0 ? { 'content-type': 'text/plain;charset=UTF-8' } : {};
  const all = { ...type, ...Object.fromEntries(kept) };
  return { status: statusCode, headers: all, cookies: cookies ?? [], body: bytes };
}

/** Without a status code, what the function returns is the JSON body of a 200. */
function inferAnswer(result: unknown, payload: string): HttpAnswer {
  const body = Buffer.from(typeof result === 'string' ? result : payload);
  return { status: 200, headers: { 'content-type': 'application/json' }, cookies: [], body };
}
