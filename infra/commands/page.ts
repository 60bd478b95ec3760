import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage } from '../page/build-page.ts';

// `npm run page [-- FOLDER]`: the page as it is deployed, into .build/web/.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

await buildPage(ROOT, resolve(ROOT, process.argv[2] ?? '.build/web'));
