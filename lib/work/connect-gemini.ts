import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PROBE_TIMEOUT_MS } from '../api/readiness.ts';
import { awsDefaults } from '../aws/connections.ts';
import { createSecretReader } from '../aws/secrets.ts';
import type { Table } from '../aws/table.ts';
import type { Settings } from '../config.ts';
import { createBreaker, createModelPauses } from '../gemini/breaker.ts';
import { createGemini, createModelProbe } from '../gemini/client.ts';
import { createModelFiles, type ModelFiles } from '../gemini/files.ts';
import { createEndWatch } from '../gemini/models.ts';
import { logger } from '../log.ts';
import type { Model } from '../model/model.ts';

type GeminiSettings = 'GEMINI_SECRET_ID' | 'GEMINI_BASE_URL' | 'GEMINI_MODELS';

/** Gemini for a function: its key from the secret, what instances know of the models in the table. */
export function connectGemini(
  table: Table,
  config: Pick<Settings, GeminiSettings | 'GEMINI_STORE' | 'TABLE_NAME'>,
): Model {
  return createGemini({
    baseUrl: config.GEMINI_BASE_URL,
    models: config.GEMINI_MODELS,
    store: config.GEMINI_STORE,
    readKey: connectKey(config),
    warn: logger.warn,
    breaker: createBreaker({ store: createModelPauses(table, config.TABLE_NAME) }),
  });
}

/** Its Files API, with the same key. */
export function connectModelFiles(config: Pick<Settings, GeminiSettings>): ModelFiles {
  return createModelFiles({ baseUrl: config.GEMINI_BASE_URL, readKey: connectKey(config) });
}

/** Harmless calls: for the key, and for each model of the stage by its name; and which of the models end. */
export function connectProbes(config: Pick<Settings, GeminiSettings>) {
  const readKey = connectKey(config);
  const timeoutMs = PROBE_TIMEOUT_MS;
  const probe = createModelProbe({ baseUrl: config.GEMINI_BASE_URL, readKey, timeoutMs });
  const signal = () => AbortSignal.timeout(timeoutMs);
  const watchEnds = createEndWatch(logger.warn);
  return {
    secret: () => readKey({ refresh: false, signal: signal() }),
    listEnds: () => watchEnds(config.GEMINI_MODELS),
    models: Object.fromEntries(config.GEMINI_MODELS.map((model) => [model, () => probe(model)])),
  };
}

function connectKey({ GEMINI_SECRET_ID }: Pick<Settings, 'GEMINI_SECRET_ID'>) {
  return createSecretReader(new SecretsManagerClient(awsDefaults), GEMINI_SECRET_ID);
}
