import { join } from 'node:path';
import { describeFailure, readAwsJson, sendAwsJson, unknownOperation } from './aws-json.ts';
import { OPERATIONS } from './secrets/operations.ts';
import { openSecretStore } from './secrets/secret-store.ts';
import { createVault } from './secrets/vault.ts';
import type { AwsService } from './service.ts';

/** Secrets Manager; values lie in `dataDir/secrets` and nowhere else. */
export interface Secrets extends AwsService {
  /** Creates the secret where it does not exist, and gives it a value, where one is made, if it has none. */
  ensureSecret(name: string, makeValue?: () => string): { arn: string; name: string };
  /** Makes the value current; creates the secret where needed. The same value again changes nothing. */
  putValue(name: string, value: string): void;
}

export interface SecretsOptions {
  dataDir: string;
  region: string;
  accountId: string;
  /** Milliseconds since 1970. */
  now?: () => number;
}

const operations = new Map(Object.entries(OPERATIONS));

export function createSecrets({ dataDir, now = Date.now, ...names }: SecretsOptions): Secrets {
  const vault = createVault(openSecretStore(join(dataDir, 'secrets')), { ...names, now });
  const ensureSecret = (name: string) => vault.find(name) ?? vault.create(name);
  return {
    ensureSecret(name, makeValue) {
      const { arn, versions } = ensureSecret(name);
      if (makeValue && versions.length === 0) vault.put(name, { string: makeValue() });
      return { arn, name };
    },
    putValue(name, value) {
      const { versions } = ensureSecret(name);
      const current = versions.find(({ stages }) => stages.includes('AWSCURRENT'));
      if (current?.string !== value) vault.put(name, { string: value });
    },
    async handle(request, response) {
      try {
        const { operation, input } = readAwsJson(request, 'secretsmanager');
        const run = operations.get(operation);
        if (!run) throw unknownOperation(operation);
        sendAwsJson(response, '1.1', 200, await run(input, vault));
      } catch (error) {
        const { code, message, status } = describeFailure(error);
        sendAwsJson(response, '1.1', status, { __type: code, Message: message });
      }
    },
  };
}
