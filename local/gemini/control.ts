import * as z from 'zod';
import { type FileFault, fileFaultSchema } from './files/script.ts';
import { refuse } from './refusal.ts';
import { createJsonReply, type Reply } from './reply.ts';
import type { RecordedRequest } from './requests.ts';
import { type Fault, type FaultsByRate, faultSchema, rateSchema } from './script.ts';

/**
 * `PUT /script` (a JSON list of faults, or `{rate, faults}`), `PUT /script/files` and `GET /requests`, for
 * tests in other processes; undefined for every other request.
 */
export function controlStandIn(
  { method, path, body }: RecordedRequest,
  stand: {
    requests: readonly RecordedRequest[];
    script(faults: readonly Fault[] | FaultsByRate): void;
    scriptFiles(faults: readonly FileFault[]): void;
  },
): Reply | undefined {
  if (method === 'GET' && path === '/requests') return createJsonReply(200, stand.requests);
  if (method !== 'PUT') return undefined;
  if (path === '/script/files') {
    const faults = z.array(fileFaultSchema).safeParse(body);
    if (!faults.success) throw refuse(400, z.prettifyError(faults.error));
    stand.scriptFiles(faults.data);
    return createJsonReply(200, { faults: faults.data.length });
  }
  if (path !== '/script') return undefined;
  const script = z.union([z.array(faultSchema), rateSchema]).safeParse(body);
  if (!script.success) throw refuse(400, z.prettifyError(script.error));
  stand.script(script.data);
  const faults = 'rate' in script.data ? script.data.faults : script.data;
  return createJsonReply(200, { faults: faults.length });
}
