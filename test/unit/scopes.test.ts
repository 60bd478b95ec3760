import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readTemplate } from 'laptop-cloud/template';
import { expect, test } from 'vitest';

// docs/security.md says which scope opens which route; what the functions ask for has to agree.

const ROOT = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, ROOT), 'utf8');

test('every route behind a door stands in docs/security.md, beside the scope that it asks for', () => {
  const file = fileURLToPath(new URL('serverless.yml', ROOT));
  const { functions } = readTemplate(file, { stage: 'dev', region: 'us-east-1' });
  const guarded = functions.filter(({ name }) => /\bdoor\b/.test(read(`functions/${name}.ts`)));
  const asked = guarded.flatMap(({ name, routes }) => {
    const scope = /scope: '(\w+)'/.exec(read(`functions/${name}.ts`))?.[1];
    return routes.map((route) => `${route}: ${scope ?? 'any of them'}`);
  });
  const table = /\| scope \| opens \|\n(?:\|.*\n)+/.exec(read('docs/security.md'))?.[0] ?? '';
  const documented = table.split('\n').flatMap((row) => {
    const [, scope = '', opened = ''] = row.split('|').map((cell) => cell.trim());
    const routes = [...opened.matchAll(/`([A-Z]+ \/[^`]+)`/g)].map(([, route]) => route);
    return routes.map((route) => `${route}: ${scope.replaceAll('`', '')}`);
  });
  expect(documented.toSorted()).toEqual(asked.toSorted());
});
