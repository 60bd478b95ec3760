// `npm start`. Plain JavaScript: an older Node cannot even load the rest, and has to be told so.

import module from 'node:module';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
  console.error(
    `Sightline runs on Node ${NODE_MAJOR}, this is ${process.versions.node}. \`npm ci\` brings the right one, \`npm start\` uses it.`,
  );
  process.exit(1);
}
// What was compiled once is not compiled again: a third of the start.
const cache = new URL('../node_modules/.cache/sightline-code', import.meta.url);
module.enableCompileCache(fileURLToPath(cache));
await import('./start.ts');
