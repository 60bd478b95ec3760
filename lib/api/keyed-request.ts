import { ServiceError } from '../errors.ts';
import { digestRequest } from './content-digest.ts';
import type { Idempotency, Origin } from './idempotency.ts';
import type { Reply } from './problem.ts';
import type { Middleware, RouteEvent } from './route-event.ts';

/** Printable ASCII. */
export const MAX_IDEMPOTENCY_KEY_CHARACTERS = 255;
const KEY_PATTERN = /^[ -~]+$/;

/** Notes the key, and what came with it: the body has been read. */
export function noteKey(): Middleware {
  return {
    before: ({ event }) => {
      const key = event.headers['idempotency-key'];
      if (key === undefined) return;
      if (!KEY_PATTERN.test(key) || key.length > MAX_IDEMPOTENCY_KEY_CHARACTERS) {
        const message = `has to be 1 to ${MAX_IDEMPOTENCY_KEY_CHARACTERS} printable ASCII characters`;
        const fields = [{ path: 'headers.idempotency-key', message }];
        throw new ServiceError('request_invalid', `Idempotency-Key ${message}.`, { fields });
      }
      event.keyed = { key, digest: digestRequest(event) };
    },
  };
}

/** Does the work; for a request with a key only where that was not done before. */
export function runOnce(
  idempotency: Idempotency | undefined,
  { keyed, caller, headers, requestContext }: RouteEvent,
  work: (origin?: Origin) => Promise<Reply>,
): Promise<Reply> {
  if (!idempotency || !keyed || !caller) return work();
  const { clientId } = caller;
  const credential = headers.authorization ?? '';
  const { requestId } = requestContext;
  return idempotency({ ...keyed, clientId, credential, requestId }, work);
}
