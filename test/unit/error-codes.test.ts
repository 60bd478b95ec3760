import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { describeErrors } from '../../infra/docs/describe-errors.ts';
import { ERRORS } from '../../lib/errors.ts';
import { PROBLEMS } from '../../web/texts.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
/** The page's own: what happens before the service is reached. */
const CODES_OF_THE_PAGE = ['network', 'file_empty', 'file_gone', 'file_lost', 'upload_refused'];

describe('every code', () => {
  test('stands in docs/errors.md as it does in the table (npm run docs:errors)', () => {
    expect(read('docs/errors.md')).toBe(describeErrors());
  });

  test.each(Object.entries(ERRORS))(
    '%s has a sentence and an advice that fit into a row',
    (_, policy) => {
      expect(policy.title).toMatch(/^[A-Z][^|\n]*[^.|\n]$/);
      expect(policy.action).toMatch(/^[A-Z][^|\n]*\.$/);
      expect(policy.status).toBeGreaterThanOrEqual(400);
    },
  );

  test('has plain words on the page, and the page has words for no other', () => {
    const named = Object.keys(PROBLEMS);
    expect(named.toSorted()).toEqual([...Object.keys(ERRORS), ...CODES_OF_THE_PAGE].toSorted());
  });
});
