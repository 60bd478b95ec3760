import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { buildZips } from '../bundle/build-zips.ts';
import { buildPage } from '../page/build-page.ts';
import { uploadPage } from '../page/upload-page.ts';
import { ROOT, readFrameworkStage, runFramework } from '../stage/framework.ts';
import { runCommand } from '../stage/options.ts';
import { readOutputs } from '../stage/outputs.ts';

// `npm run deploy -- --stage prod`: zips, stack, page. Everything else that is said goes to the framework.

await runCommand(async () => {
  const given = process.argv.slice(2);
  const stage = readFrameworkStage(given);
  const folder = join(ROOT, '.build', 'web');
  await buildPage(ROOT, folder);
  await buildZips(ROOT);
  runFramework('deploy', given);
  const { PageBucketName, PageUrl } = await readOutputs(stage);
  const names = await uploadPage(new S3Client({ region: stage.region }), PageBucketName, folder);
  console.log(`\n${names.length} files of the page\n${PageUrl}`);
});
