import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ServiceError } from '../errors.ts';

/** How long a secret is trusted before it is read again, in milliseconds. */
export const SECRET_TTL_MS = 300_000;

interface SecretReading {
  /** Read it anew, because the one at hand was refused. */
  refresh: boolean;
  signal: AbortSignal;
}

/**
 * A reader of one secret, cached for SECRET_TTL_MS.
 * It throws `model_auth_failed` for a secret that was never filled.
 */
export function createSecretReader(
  secrets: SecretsManagerClient,
  secretId: string,
  now: () => number = Date.now,
): (reading: SecretReading) => Promise<string> {
  let cached: { value: string; readAt: number } | undefined;
  return async ({ refresh, signal }) => {
    if (cached && !refresh && now() - cached.readAt < SECRET_TTL_MS) return cached.value;
    cached = { value: await readSecret(secrets, secretId, signal), readAt: now() };
    return cached.value;
  };
}

async function readSecret(secrets: SecretsManagerClient, secretId: string, signal: AbortSignal) {
  const command = new GetSecretValueCommand({ SecretId: secretId });
  const answer = await secrets.send(command, { abortSignal: signal }).catch((cause: unknown) => {
    if (cause instanceof Error && cause.name === 'ResourceNotFoundException')
      throw new ServiceError('model_auth_failed', 'No key for the model is set.', { cause });
    throw cause;
  });
  const value = answer.SecretString?.trim();
  if (!value) throw new ServiceError('model_auth_failed', 'No key for the model is set.');
  return value;
}
