import { expect, test } from 'vitest';
import { isListed, parseBlock } from '../../../lib/auth/edge.ts';

test.each([
  ['10.1.2.3', '10.0.0.0/8'],
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.0.0.0/8'], // IPv4 through an IPv6 socket
  ['203.0.113.9', '0.0.0.0/0'],
  ['2001:db8:0:1::5', '2001:db8::/32'],
  ['2001:DB8::1', '2001:0db8:0:0::1'],
])('%s is in %s', (address, block) => {
  expect(isListed(['192.0.2.0/24', block], address)).toBe(true);
});

test.each([
  ['11.0.0.0', '10.0.0.0/8'],
  ['10.1.2.4', '10.1.2.3'],
  ['10.1.2.3', '::/0'], // of another family
  ['::ffff:10.1.2.3', '::/0'],
  ['2001:db9::1', '2001:db8::/32'],
  ['2001:db8::1', '0.0.0.0/0'],
  ['', '0.0.0.0/0'],
  ['10.1.2.3, 10.0.0.1', '10.0.0.0/8'],
  ['010.1.2.3', '10.0.0.0/8'], // octal to some
  ['10.1.2.3', 'no block'],
])('%s is not in %s', (address, block) => {
  expect(isListed([block], address)).toBe(false);
});

test.each([
  '10.0.0.0/33',
  '10.0.0/8',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '::/129',
  'fe80::1%eth0',
  '::ffff:10.0.0.0/104',
  'x',
  '',
])('%j is no block', (text) => expect(parseBlock(text)).toBeUndefined());
