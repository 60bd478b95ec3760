import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildZips } from '../bundle/build-zips.ts';

// `npm run package [-- --stage prod]`: .serverless/ with the CloudFormation template and the zips.
// The framework leaves zips that are made by others where they are: they are copied beside its template.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FRAMEWORK = fileURLToPath(import.meta.resolve('serverless/bin/serverless.js'));

const zips = await buildZips(ROOT);
const { status } = spawnSync(process.execPath, [FRAMEWORK, 'package', ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
for (const { name, path, bytes } of zips) {
  copyFileSync(path, join(ROOT, '.serverless', basename(path)));
  console.log(`${String(Math.ceil(bytes / 1000)).padStart(7)} kB  .serverless/${name}.zip`);
}
