import * as z from 'zod/mini';
import type { UploadedObject } from '../analysis-id.ts';
import { ServiceError } from '../errors.ts';

const record = z.object({
  eventName: z.string(),
  eventTime: z.iso.datetime(),
  s3: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({
      key: z.pipe(z.pipe(z.string(), z.transform(decodeKey)), z.string()),
      size: z._default(z.number(), 0),
      sequencer: z._default(z.string(), ''),
      eTag: z.optional(
        z.pipe(
          z.string(),
          z.transform((bare) => `"${bare}"`),
        ),
      ),
    }),
  }),
});
const notification = z.object({ Records: z.array(record) });
/** S3 sends this when a notification is set up; it has no `Records`. */
const testEvent = z.object({ Event: z.literal('s3:TestEvent') });

/** Keys in events are form-encoded: a space is `+`, everything else is percent-encoded. */
function decodeKey(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return undefined; // a lone `%`: no key of S3's
  }
}

/**
 * The objects that an S3 notification tells of; none for S3's test event and for removals.
 * @throws ServiceError `request_invalid` for anything else
 */
export function parseS3Event(event: unknown): UploadedObject[] {
  if (testEvent.safeParse(event).success) return [];
  const parsed = notification.safeParse(event);
  if (!parsed.success)
    throw new ServiceError('request_invalid', 'Not an S3 event.', { cause: parsed.error });
  return parsed.data.Records.filter(({ eventName }) => eventName.startsWith('ObjectCreated:')).map(
    ({ eventTime, s3 }) => ({ bucket: s3.bucket.name, ...s3.object, eventTime }),
  );
}

/**
 * The same, of a queue's message with the notification in its body.
 * @throws ServiceError `request_invalid`
 */
export function parseS3Message(body: string): UploadedObject[] {
  return parseS3Event(parseJson(body));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError('request_invalid', 'Not an S3 event: no JSON.');
  }
}
