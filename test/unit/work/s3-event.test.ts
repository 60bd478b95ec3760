import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseS3Event } from '../../../lib/work/queue-messages.ts';

function eventOf(key: string, eventName = 'ObjectCreated:Put') {
  const object = { key, size: 3, eTag: 'abc', sequencer: '0055' };
  const s3 = { bucket: { name: 'b' }, object };
  return { Records: [{ eventName, eventTime: '2026-11-22T12:00:00.000Z', s3 }] };
}

test('any key comes back as it was put, however S3 encodes it', () => {
  const key = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(
    fc.property(key, (key) => {
      const encoded = encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
      expect(parseS3Event(eventOf(encoded))[0]?.key).toBe(key);
    }),
  );
});

test("S3's test event and a removal tell of no object", () => {
  expect(parseS3Event({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' })).toEqual([]);
  expect(parseS3Event(eventOf('k', 'ObjectRemoved:Delete'))).toEqual([]);
});

test.each([undefined, null, {}, { Records: [{}] }, 'text', eventOf('%E0%A4%A'), eventOf('100%')])(
  'what is no S3 event is refused: %j',
  (event) => {
    expect(() => parseS3Event(event)).toThrow(expect.objectContaining({ code: 'request_invalid' }));
  },
);
