/** The tag by which the buckets' lifecycle rules (infra/storage.yml) know how long to keep an object. */
export const DAYS_TAG = 'days';

/** For PutObject; an object without it is kept as long as its bucket keeps any. */
export function describeKept(days: number | undefined): { Tagging?: string } {
  return days === undefined ? {} : { Tagging: `${DAYS_TAG}=${days}` };
}
