import { S3Client } from '@aws-sdk/client-s3';
import { emptyBucket } from '../page/upload-page.ts';
import { readFrameworkStage, runFramework } from '../stage/framework.ts';
import { runCommand } from '../stage/options.ts';
import { findPageBucket } from '../stage/outputs.ts';

// `npm run remove -- --stage dev`: the page's files, which can be made anew, then the stack.

await runCommand(async () => {
  const given = process.argv.slice(2);
  const stage = readFrameworkStage(given);
  const bucket = await findPageBucket(stage);
  if (bucket) await emptyBucket(new S3Client({ region: stage.region }), bucket);
  runFramework('remove', given);
});
