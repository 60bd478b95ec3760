import { fileURLToPath } from 'node:url';
import { buildZips } from '../bundle/build-zips.ts';

// One zip per function into .build/, where serverless.yml looks for them.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

for (const { name, bytes } of await buildZips(ROOT)) {
  console.log(`${String(Math.ceil(bytes / 1000)).padStart(7)} kB  ${name}.zip`);
}
