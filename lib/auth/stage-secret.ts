import * as z from 'zod/mini';
import { connectSecrets } from '../aws/connections.ts';
import type { CallAws } from '../aws/wire/client.ts';

/** How long the secret is trusted before it is read again, in milliseconds. */
const STAGE_SECRET_TTL_MS = 300_000;

const answer = z.object({ SecretString: z.string().check(z.minLength(1)) });

/** Reads the stage secret, which the deployment created. Most requests do not need it. */
export function createStageSecretReader(
  secretId: string,
  now: () => number = Date.now,
): () => Promise<string> {
  let cached: { value: string; readAt: number } | undefined;
  const call = connectSecrets();
  return async () => {
    if (cached && now() - cached.readAt < STAGE_SECRET_TTL_MS) return cached.value;
    cached = { value: await readSecret(call, secretId), readAt: now() };
    return cached.value;
  };
}

async function readSecret(call: CallAws, SecretId: string): Promise<string> {
  return answer.parse(await call('GetSecretValue', { SecretId })).SecretString;
}
