import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_FORM_FILE_BYTES, parseForm } from '../../lib/requests/form.ts';
import { MAX_FORM_PARTS } from '../../lib/requests/read-form.ts';
import { BOUNDARY, formContent } from '../../packages/laptop-cloud/test/form-content.ts';

// As bytes, each a character, and as API Gateway hands a form over.

const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const END = '--edge--\r\n';
const NAMED = 'form-data; name="file"; filename="a.jpg"';

function parse(body: string, contentType = TYPE) {
  const headers = { 'content-type': contentType };
  const base64 = Buffer.from(body, 'latin1').toString('base64');
  return parseForm({ headers, body: base64, isBase64Encoded: true });
}
const part = (disposition: string, content = 'x', heads = 'Content-Type: image/jpeg\r\n') =>
  `--edge\r\nContent-Disposition: ${disposition}\r\n${heads}\r\n${content}\r\n`;
const field = (name: string, text: string) => part(`form-data; name="${name}"`, text, '');
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const utf8 = (text: string) => Buffer.from(text).toString('latin1');

describe('a file in a form', () => {
  test('arrives as it was sent, whatever is in it and around it', async () => {
    const form = fc.tuple(formContent, fc.array(formContent, { maxLength: 3 }), fc.boolean());
    const check = async ([file, others, isFirst]: [string, string[], boolean]) => {
      const around = others.map((other) => field('other', other)).join('');
      const [before, behind] = isFirst ? ['', around] : [around, ''];
      const read = await parse(`${before}${part(NAMED, file)}${behind}${END}`);
      expect(textOf(read.bytes)).toBe(file);
    };
    await fc.assert(fc.asyncProperty(form, check), { numRuns: 300 });
  });

  test.each([
    ['dashes, and a quoted quote', `\\"${'-'.repeat(MAX_FORM_FILE_BYTES - 2)}`],
    ['what is nearly a boundary', '\r\n--edg'.repeat(MAX_FORM_FILE_BYTES / 8)],
    ['what looks like heads', `\r\n--edg\r\n${NAMED}\\"`.repeat(80_000)],
  ])('of 4 MB of %s is read', async (_, file) => {
    const { bytes } = await parse(`${part(NAMED, file)}${END}`);
    expect(Buffer.from(bytes).equals(Buffer.from(file, 'latin1'))).toBe(true);
  });

  test('is decoded where it is said to be base64, as curl can', async () => {
    const heads = 'Content-Transfer-Encoding: base64\r\n';
    const { bytes, contentType } = await parse(`${part(NAMED, '/9j/', heads)}${END}`);
    expect([textOf(bytes), contentType]).toEqual(['\xff\xd8\xff', 'text/plain']);
  });
});

describe('a name of a file', () => {
  test.each([
    ['curl, formerly', 'form-data; name="file"; filename="a\\\\b \\"c\\".jpg"', 'a\\b "c".jpg'],
    ['browsers', 'form-data; name="file"; filename="a\\b %22c%22%0D%0a.jpg"', 'a\\b "c"\r\n.jpg'],
    ['browsers, two backslashes', 'form-data; name="file"; filename="a\\\\b"', 'a\\\\b'],
    ['browsers, one at its end', 'form-data; name="file"; filename="a\\"', 'a\\'],
    ['all, beyond ASCII', utf8('form-data; name="file"; filename="straße.jpg"'), 'straße.jpg'],
    ['all, with what parts names', 'form-data; name="file"; filename="a; b=\'c*="', "a; b='c*="],
    ['urllib3, formerly', `form-data; name="file"; filename*=utf-8''%C3%A9%22's.jpg`, 'é"\'s.jpg'],
    ['.NET', `form-data; name=file; filename="=?utf-8?B?w6k=?="; filename*=utf-8''%C3%A9`, 'é'],
    ['HttpClient', `form-data; name="file"; filename="?"; filename*="UTF-8''%C3%A9"`, 'é'],
    ['requests, empty', 'form-data; name="file"; filename=""', 'file'],
    ['folding mail programs', 'form-data;\r\n name="file";\r\n filename="a.jpg"', 'a.jpg'],
  ])('is read as it is written by %s', async (_, disposition, filename) => {
    for (const heads of ['', 'Content-Type: image/jpeg; charset=utf-16\r\n']) {
      const read = await parse(`${part(disposition, '\xff\xd8\\" stays', heads)}${END}`);
      expect([read.filename, textOf(read.bytes)]).toEqual([filename, '\xff\xd8\\" stays']);
    }
  });
});

describe('the fields of a form', () => {
  test('count once each, the first of a name; empty ones and files are none', async () => {
    const fields = [
      field('prompt', utf8('\ufeffGrüße')),
      field('prompt', 'another'),
      field('callbackUrl', ''),
      part('form-data; name="analyzer"; filename="a.txt"', 'moderate'),
      part('form-data; name="maxUsd"', '0.5', 'Content-Type: application/octet-stream\r\n'),
    ];
    const form = await parse(`${fields.join('')}${part(NAMED)}${part(NAMED, 'second')}${END}`);
    expect(form).toMatchObject({ prompt: 'Grüße', maxUsd: 0.5, bytes: Buffer.from('x') });
    expect([form.callbackUrl, form.analyzer]).toEqual([undefined, undefined]);
  });
});

describe('a form is refused, and nothing of it is lost without a word, when', () => {
  const whole = `${part(NAMED)}${END}`;
  const long = 'e'.repeat(71);
  test.each([
    ['it is cut off in its file', whole.slice(0, -20), TYPE, /cut off/],
    ['it is cut off in its last boundary', whole.slice(0, -3), TYPE, /within a part/],
    ['it has no boundary', 'x', TYPE, /no boundary/],
    ['its boundary is another', whole, 'multipart/form-data; boundary=other', /no boundary/],
    ['no boundary is named', whole, 'multipart/form-data', /Content-Type/],
    ['its boundary is too long', whole.replaceAll('edge', long), TYPE.replace('edge', long), /70/],
    ['its type is another', whole, 'multipart/mixed; boundary=edge', /Content-Type/],
    ['its file holds its boundary', `${part(NAMED, '\r\n--edgex')}${END}`, TYPE, /within a part/],
    ['its file begins with it', `${part(NAMED, '--edge\r\nx')}${END}`, TYPE, /cannot be read/],
    ['a part has no end of its head', `--edge\r\na: b\r\n${whole}`, TYPE, /cannot be read/],
    ['a part is no part of a form', `${part('attachment')}${whole}`, TYPE, /cannot be read/],
    ['a part has no name', `${part('form-data; filename="a"')}${whole}`, TYPE, /cannot be read/],
    ['a quote has no end', `${part('form-data; name="a')}${whole}`, TYPE, /cannot be read/],
    ['it has too many parts', field('a', '').repeat(MAX_FORM_PARTS) + whole, TYPE, /1000 parts/],
    ['it has far too many', '--edge\r\n\r\n'.repeat(400_000) + END, TYPE, /1000 parts/],
    ['a name takes 4 MB', `${part(`form-data; name="${'x'.repeat(4e6)}"`)}${END}`, TYPE, /be read/],
  ])('%s', async (_, body, type, message) => {
    const refusal = { code: 'request_invalid', message: expect.stringMatching(message) };
    await expect(parse(body, type)).rejects.toMatchObject(refusal);
  });

  test('not when it has as many parts as it may', async () => {
    const form = await parse(field('a', '').repeat(MAX_FORM_PARTS - 1) + whole);
    expect(textOf(form.bytes)).toBe('x');
  });
});
