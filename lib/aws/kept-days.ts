/** The tag by which the buckets' lifecycle rules (infra/storage.yml) know how long to keep an object. */
export const DAYS_TAG = 'days';

/** A header of PutObject; an object without it is kept as long as its bucket keeps any. */
export function describeKept(days: number | undefined): Record<string, string> {
  return days === undefined ? {} : { 'x-amz-tagging': `${DAYS_TAG}=${days}` };
}

/** The same tag as a form has it; S3 takes it as XML there. */
export function describeTagging(days: number | undefined): Record<string, string> {
  if (days === undefined) return {};
  const tag = `<Tag><Key>${DAYS_TAG}</Key><Value>${days}</Value></Tag>`;
  return { tagging: `<Tagging><TagSet>${tag}</TagSet></Tagging>` };
}
