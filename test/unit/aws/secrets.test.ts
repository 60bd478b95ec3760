import {
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { createSecretReader, SECRET_TTL_MS } from '../../../lib/aws/secrets.ts';

const signal = new AbortController().signal;

function fakeSecrets(values: (string | undefined)[]) {
  let reads = 0;
  const send = async () => {
    const SecretString = values[Math.min(reads, values.length - 1)];
    reads += 1;
    if (SecretString === undefined)
      throw new ResourceNotFoundException({ message: 'none', $metadata: {} });
    return { SecretString };
  };
  return { client: { send } as unknown as SecretsManagerClient, reads: () => reads };
}

test('a secret is read once, again when its time is up, and anew when it was refused', async () => {
  let now = 0;
  const secrets = fakeSecrets(['first\n', 'second', 'third']);
  const read = createSecretReader(secrets.client, 'id', () => now);
  expect(await read({ refresh: false, signal })).toBe('first');
  now = SECRET_TTL_MS - 1;
  expect(await read({ refresh: false, signal })).toBe('first');
  now = SECRET_TTL_MS;
  expect(await read({ refresh: false, signal })).toBe('second');
  expect(await read({ refresh: true, signal })).toBe('third');
  expect(secrets.reads()).toBe(3);
});

test.each([undefined, ' \n'])(
  'a secret that was never filled (%j) is a refused key',
  async (value) => {
    const read = createSecretReader(fakeSecrets([value]).client, 'id');
    await expect(read({ refresh: false, signal })).rejects.toMatchObject({
      code: 'model_auth_failed',
    });
  },
);
