import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Target } from '../smoke/api.ts';
import { checkService } from '../smoke/check-service.ts';
import { createClientKeys } from '../stage/client-keys.ts';
import { openStage, readLocal } from '../stage/open-stage.ts';
import { parseStage, runCommand, stageOptions } from '../stage/options.ts';

// `npm run smoke`: one picture through the whole of the laptop's stack;
// `-- --stage prod`: of a deployed stage, by a key made for it; `-- --url U --key K`: of any.

const PICTURE = new URL('../../test/fixtures/rocket.jpg', import.meta.url);

await runCommand(async () => {
  const strings = { url: { type: 'string' }, key: { type: 'string' } } as const;
  const { values } = parseArgs({ options: { ...stageOptions, ...strings } });
  if (values.stage) return checkStage(values);
  const { url: apiUrl, key: apiKey } = values;
  if (Boolean(apiUrl) !== Boolean(apiKey)) throw new Error('--url and --key belong together');
  await check(apiUrl && apiKey ? { apiUrl, apiKey } : readLocal());
});

async function checkStage(values: { stage?: string; region: string }): Promise<void> {
  const stage = await openStage(parseStage(values));
  const keys = createClientKeys(stage);
  const client = `smoke-test-${randomBytes(4).toString('hex')}`; // others may run at the same time
  const { key: apiKey } = await keys.create(client);
  try {
    await check({ apiUrl: stage.apiUrl, apiKey });
  } finally {
    await keys.remove(client);
  }
}

async function check(target: Target): Promise<void> {
  console.log(`checking  ${target.apiUrl}`);
  const bytes = readFileSync(PICTURE);
  const picture = { filename: 'smoke-test.jpg', contentType: 'image/jpeg', bytes };
  await checkService(target, picture, (line) => console.log(line));
  console.log('passed');
}
