import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { awsDefaults } from './aws/connections.ts';
import { createModelPauses } from './aws/model-pauses.ts';
import { createSecretReader } from './aws/secrets.ts';
import type { Settings } from './config.ts';
import { createBreaker } from './gemini/breaker.ts';
import { createGemini, type Gemini } from './gemini/client.ts';

type GeminiSettings = 'TABLE_NAME' | 'GEMINI_SECRET_ID' | 'GEMINI_BASE_URL' | 'GEMINI_MODELS';

/** Gemini for a function: its key from the secret, what instances know of the models in the table. */
export function connectGemini(
  table: DynamoDBDocumentClient,
  config: Pick<Settings, GeminiSettings>,
): Gemini {
  const secrets = new SecretsManagerClient(awsDefaults);
  return createGemini({
    baseUrl: config.GEMINI_BASE_URL,
    models: config.GEMINI_MODELS,
    readKey: createSecretReader(secrets, config.GEMINI_SECRET_ID),
    breaker: createBreaker({ store: createModelPauses(table, config.TABLE_NAME) }),
  });
}
