import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildZips } from '../bundle/build-zips.ts';
import { ROOT, runFramework } from '../stage/framework.ts';
import { runCommand } from '../stage/options.ts';

// `npm run package [-- --stage prod]`: .serverless/ with the CloudFormation template and the zips.
// The framework leaves zips that are made by others where they are: they are copied beside its template.

await runCommand(async () => {
  const zips = await buildZips(ROOT);
  runFramework('package', process.argv.slice(2));
  for (const { name, path, bytes } of zips) {
    copyFileSync(path, join(ROOT, '.serverless', basename(path)));
    console.log(`${String(Math.ceil(bytes / 1000)).padStart(7)} kB  .serverless/${name}.zip`);
  }
});
