import * as z from 'zod/mini';
import { connectSecrets } from '../aws/connections.ts';
import type { CallAws } from '../aws/wire/client.ts';

/** How long the secret is trusted before it is read again, in milliseconds. */
const DOOR_SECRET_TTL_MS = 300_000;

const answer = z.object({ SecretString: z.string().check(z.minLength(1)) });

/** A reader of the stage's own secret, which the stack made when it was deployed. Most requests need it not. */
export function createDoorSecretReader(
  secretId: string,
  now: () => number = Date.now,
): () => Promise<string> {
  let cached: { value: string; readAt: number } | undefined;
  const call = connectSecrets();
  return async () => {
    if (cached && now() - cached.readAt < DOOR_SECRET_TTL_MS) return cached.value;
    cached = { value: await readSecret(call, secretId), readAt: now() };
    return cached.value;
  };
}

async function readSecret(call: CallAws, SecretId: string): Promise<string> {
  return answer.parse(await call('GetSecretValue', { SecretId })).SecretString;
}
