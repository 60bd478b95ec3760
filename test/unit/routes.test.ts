import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readTemplate } from 'laptop-cloud/template';
import { expect, test } from 'vitest';
import { OPERATIONS } from '../../infra/api/operations.ts';
import { type DeclaredRoute, readRoutes } from '../../infra/api/read-routes.ts';
import { CALLS } from '../template/calls.ts';

// What a route of serverless.yml needs elsewhere: each problem says what to add, and where.

const ROOT = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, ROOT), 'utf8');
const template = fileURLToPath(new URL('serverless.yml', ROOT));
const { functions } = readTemplate(template, { stage: 'dev', region: 'us-east-1' });
const budgets = JSON.parse(read('test/package/zip-budget.json'));

type Declared = Pick<DeclaredRoute, 'routeKey' | 'isOpen' | 'scope'>;

/** Routes that docs/security.md names, with the scope that opens them. */
function readDocumented(): Map<string, string> {
  const table = /\| scope \| opens \|\n(?:\|.*\n)+/.exec(read('docs/security.md'))?.[0] ?? '';
  const rows = table.split('\n').flatMap((row) => {
    const [, scope = '', opened = ''] = row.split('|').map((cell) => cell.trim());
    const routes = [...opened.matchAll(/`([A-Z]+ \/[^`]+)`/g)];
    return routes.map(([, route = '']) => [route, scope.replaceAll('`', '')] as const);
  });
  return new Map(rows);
}

function listMissing(name: string, routes: Declared[]): string[] {
  const documented = readDocumented();
  const role = `${name.replaceAll(/(?:^|-)(\w)/g, (_, first: string) => first.toUpperCase())}Role`;
  const needs: [boolean, string][] = [
    [existsSync(new URL(`events/${name}.json`, ROOT)), `events/${name}.json: an event`],
    [new RegExp(`^  ${role}:`, 'm').test(read('infra/roles.yml')), `infra/roles.yml: ${role}`],
    [name in CALLS, `test/template/calls.ts: what ${name} calls`],
    [name in budgets, `test/package/zip-budget.json: the size of ${name}`],
  ];
  for (const { routeKey, isOpen, scope = 'any of them' } of routes) {
    const given = documented.get(routeKey);
    const opens = `docs/security.md: \`${routeKey}\` is opened by ${isOpen ? 'no key' : scope}`;
    const caller = `'${routeKey} → ${name}'`;
    const isCalled = read('test/template/events.ts').includes(caller);
    needs.push(
      [given === (isOpen ? undefined : scope), opens],
      [routeKey in OPERATIONS, `infra/api/operations.ts: what ${routeKey} answers`],
      [isCalled, `test/template/events.ts: ${caller}`],
    );
  }
  return needs.filter(([isThere]) => !isThere).map(([, need]) => need);
}

test('every route has all that it needs', async () => {
  const declared = await readRoutes();
  const missing = functions.flatMap(({ name, routes }) => {
    const own = declared.filter(({ routeKey }) => routes.includes(routeKey));
    return own.length > 0 ? listMissing(name, own) : [];
  });
  expect(missing).toEqual([]);
  const guarded = declared.filter(({ isOpen }) => !isOpen).map(({ routeKey }) => routeKey);
  expect([...readDocumented().keys()].toSorted()).toEqual(guarded.toSorted());
});

test('given a new route, then everything is named that is to be added', () => {
  const routeKey = 'POST /v1/notes';
  expect(listMissing('create-note', [{ routeKey, isOpen: false, scope: 'upload' }])).toEqual([
    'events/create-note.json: an event',
    'infra/roles.yml: CreateNoteRole',
    'test/template/calls.ts: what create-note calls',
    'test/package/zip-budget.json: the size of create-note',
    'docs/security.md: `POST /v1/notes` is opened by upload',
    'infra/api/operations.ts: what POST /v1/notes answers',
    "test/template/events.ts: 'POST /v1/notes → create-note'",
  ]);
});
