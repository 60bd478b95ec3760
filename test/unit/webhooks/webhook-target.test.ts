import { describe, expect, test } from 'vitest';
import { mayCall, parseTarget } from '../../../lib/webhooks/webhook-target.ts';

const HOSTILE = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '0x7f.1',
  '127.0.0.1.',
  '0',
  '0.0.0.0',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:0:7f00:1]',
  '[::7f00:1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2001:0:7f00:1::]',
  '[fe80::1]',
  '[fec0::1]',
  '[fd00:ec2::254]',
  '[fc00::1]',
  '[ff02::1]',
  '[100::1]',
  '[2001:db8::1]',
  '[5f00::1]',
  '[3fff::1]',
  '169.254.169.254',
  '169.254.170.2',
  '0xa9fea9fe',
  '2852039166',
  '0251.0376.0251.0376',
  '100.100.100.200',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '198.18.0.1',
  '192.0.0.8',
  '192.0.2.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '1２7.0.0.1',
  '①②⑦.0.0.1',
];

describe('a target whose address is not a public one', () => {
  test.each(HOSTILE)('is refused: %s', (host) => {
    expect(() => parseTarget(`https://${host}/hook`, 'public')).toThrow(/not called/);
  });

  test.each([
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'https://user@example.com/',
    'https://user:password@example.com/',
    'https://',
    'example.com',
    `https://example.com/${'x'.repeat(2_048)}`,
  ])('is refused, being no plain https address: %.40s', (url) => {
    expect(() => parseTarget(url, 'public')).toThrow(/not called/);
  });

  test.each([
    'http://127.0.0.1/',
    'http://[::1]:9/',
    'http://localhost:3000/',
    'https://127.0.0.1/',
  ])('may be called on a laptop, where it is loopback: %s', (url) => {
    expect(parseTarget(url, 'local').href).toBe(url);
  });

  test.each([
    'http://10.0.0.1/',
    'http://169.254.169.254/',
    'http://example.com/',
    'http://0.0.0.0/',
  ])('is refused on a laptop as well: %s', (url) => {
    expect(() => parseTarget(url, 'local')).toThrow(/not called/);
  });
});

test('public addresses may be called', () => {
  for (const address of ['93.184.216.34', '8.8.8.8', '2606:2800:220:1::1', '2a00:1450::1'])
    expect([address, mayCall(address, 'public')]).toEqual([address, true]);
  expect(parseTarget('https://example.com:8443/hook?x=1', 'public').port).toBe('8443');
});
