import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ROOT } from '../harness/bundles.ts';
import { idOf } from './population.ts';
import { API_KEY } from './start-emulators.ts';

const event = z.looseObject({
  headers: z.record(z.string(), z.string()),
  requestContext: z.looseObject({}),
});

/** The example event of the function, asking for what there is, by this bench's client and without a wait. */
export function readEvent(name: string, since: number): object {
  const text = readFileSync(join(ROOT, 'events', `${name}.json`), 'utf8');
  const known = text
    .replaceAll(/\ban_[0-9a-z]{26}/g, idOf(0, since))
    .replaceAll('receipts', 'describe');
  const { queryStringParameters: _, ...example } = event.parse(JSON.parse(known));
  return {
    ...example,
    rawQueryString: '',
    headers: { ...example.headers, authorization: `Bearer ${API_KEY}` },
    requestContext: { ...example.requestContext, timeEpoch: Date.now() },
  };
}
