import * as z from 'zod';
import { refuse } from './refusal.ts';
import { createJsonReply, type Reply } from './reply.ts';
import type { RecordedRequest } from './requests.ts';
import { type Fault, faultSchema } from './script.ts';

/**
 * `PUT /script` (a JSON list of faults) and `GET /requests`, for tests in other processes; undefined for every
 * other request.
 */
export function controlStandIn(
  { method, path, body }: RecordedRequest,
  stand: { requests: readonly RecordedRequest[]; script(faults: readonly Fault[]): void },
): Reply | undefined {
  if (method === 'GET' && path === '/requests') return createJsonReply(200, stand.requests);
  if (method !== 'PUT' || path !== '/script') return undefined;
  const faults = z.array(faultSchema).safeParse(body);
  if (!faults.success) throw refuse(400, z.prettifyError(faults.error));
  stand.script(faults.data);
  return createJsonReply(200, { faults: faults.data.length });
}
