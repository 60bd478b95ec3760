import { parseArgs } from 'node:util';
import { createClientKeys } from '../stage/client-keys.ts';
import { parseStage, runCommand, stageOptions } from '../stage/options.ts';
import { readOutputs } from '../stage/outputs.ts';

// `npm run keys -- create --client NAME --stage prod`: a key for a client, shown this once.

await runCommand(async () => {
  const options = { ...stageOptions, client: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (positionals.join() !== 'create' || !values.client) {
    throw new Error('usage: npm run keys -- create --client NAME --stage STAGE');
  }
  const stage = parseStage(values);
  const { TableName } = await readOutputs(stage);
  console.log(await createClientKeys(stage, TableName).create(values.client));
});
