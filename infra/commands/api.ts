import { writeFileSync } from 'node:fs';
import { buildDocument } from '../api/build-document.ts';
import { writeTypes } from '../api/client-types.ts';
import { writeReference } from '../api/reference-page.ts';

// `npm run docs:api`: what is made from the routes and their schemas.
const document = await buildDocument();
write('lib/openapi.json', `${JSON.stringify(document, null, 2)}\n`);
write('packages/client/types.d.ts', writeTypes(document));
write('web/reference.html', writeReference(document));

function write(path: string, text: string): void {
  writeFileSync(new URL(`../../${path}`, import.meta.url), text);
}
