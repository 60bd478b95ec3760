import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readSettings } from '../../local/settings.ts';
import type { Target } from '../smoke/api.ts';
import { checkService } from '../smoke/check-service.ts';
import { createClientKeys } from '../stage/client-keys.ts';
import { parseStage, runCommand, stageOptions } from '../stage/options.ts';
import { readOutputs } from '../stage/outputs.ts';

// `npm run smoke`: one picture through the whole of the laptop's stack;
// `-- --stage prod`: of a deployed stage, by a key made for it; `-- --url U --key K`: of any.

const PICTURE = new URL('../../test/fixtures/rocket.jpg', import.meta.url);
const local = z.object({ apiUrl: z.string(), apiKey: z.string() });

await runCommand(async () => {
  const strings = { url: { type: 'string' }, key: { type: 'string' } } as const;
  const { values } = parseArgs({ options: { ...stageOptions, ...strings } });
  if (values.stage) return checkStage(values);
  const { url: apiUrl, key: apiKey } = values;
  if (Boolean(apiUrl) !== Boolean(apiKey)) throw new Error('--url and --key belong together');
  await check(apiUrl && apiKey ? { apiUrl, apiKey } : readLocal());
});

async function checkStage(values: { stage?: string; region: string }): Promise<void> {
  const stage = parseStage(values);
  const { ApiUrl, TableName } = await readOutputs(stage);
  const keys = createClientKeys(stage, TableName);
  const apiKey = await keys.create('smoke-test');
  try {
    await check({ apiUrl: ApiUrl, apiKey });
  } finally {
    await keys.remove(apiKey);
  }
}

function readLocal(): Target {
  const file = join(readSettings(process.env).dataDir, 'local.json');
  if (!existsSync(file)) throw new Error(`There is no ${file}: npm start first, or name a --stage`);
  return local.parse(JSON.parse(readFileSync(file, 'utf8')));
}

async function check(target: Target): Promise<void> {
  console.log(`checking  ${target.apiUrl}`);
  const bytes = readFileSync(PICTURE);
  const picture = { filename: 'smoke-test.jpg', contentType: 'image/jpeg', bytes };
  await checkService(target, picture, (line) => console.log(line));
  console.log('passed');
}
