import { createHmac, timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../errors.ts';
import { readViewerAddress } from './addresses.ts';
import type { DoorEvent } from './door-event.ts';

/** What the edge sends with each request, and nobody else can. */
const SECRET_HEADER = 'x-edge-secret';

/** Made from the stage's own secret; the distribution adds it to what it passes on. */
export function deriveEdgeSecret(doorSecret: string): string {
  return `es_${createHmac('sha256', doorSecret).update('edge').digest('base64url')}`;
}

/**
 * Who is in front of the edge. A header is believed only with the edge's secret: else anybody who calls
 * past it could write one.
 * @throws ServiceError `forbidden` to whoever calls past the edge
 */
export async function readEdgeAddress(
  { headers }: DoorEvent,
  addressHeader: string,
  readSecret: () => Promise<string>,
): Promise<string> {
  const expected = deriveEdgeSecret(await readSecret());
  if (!isEqual(headers[SECRET_HEADER] ?? '', expected))
    throw new ServiceError('forbidden', 'Calls that go past the edge are not let in.');
  return readViewerAddress(headers[addressHeader] ?? '');
}

/** In a time that says nothing of how much is right, the length apart. */
function isEqual(sent: string, expected: string): boolean {
  const [one, other] = [Buffer.from(sent), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
