import { expect, test } from 'vitest';
import { readConfig } from '../../lib/config.ts';

test('given settings that are missing or wrong, then all of them are named at once', () => {
  const environment = { UPLOAD_BUCKET: 'b', MAX_PICTURE_BYTES: 'many', GEMINI_BASE_URL: '' };
  const read = () =>
    readConfig(
      ['TABLE_NAME', 'UPLOAD_BUCKET', 'MAX_PICTURE_BYTES', 'GEMINI_BASE_URL'],
      environment,
    );
  expect(read).toThrow(/TABLE_NAME \(not set\)/);
  expect(read).toThrow(/MAX_PICTURE_BYTES \(.*number.*\)/);
  expect(read).toThrow(/GEMINI_BASE_URL \(not set\)/);
  expect(read).not.toThrow(/UPLOAD_BUCKET/);
});

test('given a setting of several parts, then the part that is wrong is named, and why', () => {
  const jwt = { issuer: 'http://login.example.com', audience: 'a', clientClaim: 'c' };
  const door = (given: object) => JSON.stringify({ secretId: 's', allow: '', ...given });
  const read = (DOOR: string) => () => readConfig(['DOOR', 'CLIENT_BUDGET'], { ...budget, DOOR });
  const budget = { CLIENT_BUDGET: 'dayUsd=x' };
  expect(read(door({}))).toThrow(/mend: CLIENT_BUDGET\.dayUsd \(.*number.*\)$/);
  expect(read(door({ jwt }))).toThrow(/DOOR\.jwt \(has to name an https issuer/);
  expect(read('{')).toThrow(/DOOR \(.*object.*\), CLIENT_BUDGET/);
});

test('given what it asks for, then a function gets just that, parsed', () => {
  const environment = { TABLE_NAME: 't', GEMINI_MODELS: 'a, b', MAX_PICTURE_BYTES: '12', X: 'y' };
  expect(readConfig(['GEMINI_MODELS', 'MAX_PICTURE_BYTES'], environment)).toEqual({
    GEMINI_MODELS: ['a', 'b'],
    MAX_PICTURE_BYTES: 12,
  });
});
