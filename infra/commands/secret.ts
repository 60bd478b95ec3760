import { parseArgs } from 'node:util';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { parseStage, runCommand, stageOptions } from '../stage/options.ts';
import { readOutputs } from '../stage/outputs.ts';
import { readSecret } from '../stage/read-secret.ts';

// `npm run secret -- --stage prod`: asks for the Gemini key, or takes it from a pipe, and stores it.
// Functions take the new one within five minutes; at once where the old one is refused.

await runCommand(async () => {
  const stage = parseStage(parseOptions());
  const { GeminiSecretArn } = await readOutputs(stage);
  const SecretString = await readSecret(`The Gemini key of ${stage.stage} (it is not shown): `);
  const secrets = new SecretsManagerClient({ region: stage.region });
  await secrets.send(new PutSecretValueCommand({ SecretId: GeminiSecretArn, SecretString }));
  console.log(`stored in ${GeminiSecretArn}`);
});

function parseOptions() {
  const { values, positionals } = parseArgs({ options: stageOptions, allowPositionals: true });
  // Not by parseArgs itself, which would repeat what it got.
  if (positionals.length > 0) {
    throw new Error('The key is asked for, or read from a pipe: arguments stay in histories');
  }
  return values;
}
