import { awsDefaults } from './connections.ts';

/** How long the secret is trusted before it is read again, in milliseconds. */
const DOOR_SECRET_TTL_MS = 300_000;
const READ_TIMEOUT_MS = 5_000;

/** A reader of the stage's own secret, which the stack made when it was deployed. Most requests need it not. */
export function createDoorSecretReader(
  secretId: string,
  now: () => number = Date.now,
): () => Promise<string> {
  let cached: { value: string; readAt: number } | undefined;
  return async () => {
    if (cached && now() - cached.readAt < DOOR_SECRET_TTL_MS) return cached.value;
    cached = { value: await readSecret(secretId), readAt: now() };
    return cached.value;
  };
}

async function readSecret(SecretId: string): Promise<string> {
  // Loaded with the first use: a cold start should not pay for it.
  const sdk = await import('@aws-sdk/client-secrets-manager');
  const secrets = new sdk.SecretsManagerClient(awsDefaults);
  const abortSignal = AbortSignal.timeout(READ_TIMEOUT_MS);
  const command = new sdk.GetSecretValueCommand({ SecretId });
  const { SecretString } = await secrets.send(command, { abortSignal });
  if (!SecretString) throw new Error(`The secret ${SecretId} has no value`);
  return SecretString;
}
