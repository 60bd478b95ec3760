import { expect, test } from 'vitest';
import { findTypeMismatch } from '../../../lib/media/claimed-type.ts';

test.each([
  [
    'image/heic',
    { declaredType: 'image/jpeg', filename: 'IMG_1.JPG' },
    ['declaredType', 'filename'],
  ],
  ['image/png', { declaredType: 'image/png', filename: 'a.gif' }, ['filename']],
  ['image/png', { declaredType: 'text/html', filename: 'a.png' }, ['declaredType']],
  ['image/jpeg', { declaredType: 'image/jpg', filename: 'a.jpeg' }, []],
  ['image/jpeg', { declaredType: 'application/octet-stream', filename: 'a' }, []],
  ['image/jpeg', { filename: 'jpg.exe' }, []],
] as const)(
  'given a real %s with %j, then what says otherwise is named: %j',
  (type, claims, found) => {
    expect(findTypeMismatch(type, claims)).toEqual(found);
  },
);
