import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPage } from '../../infra/page/build-page.ts';
import { emptyBucket, uploadPage } from '../../infra/page/upload-page.ts';
import { type Service, startService } from '../support/service.ts';

// The page's files on their way into the bucket that CloudFront shows.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let service: Service;
let bucket: string;
let folder: string;

beforeAll(async () => {
  service = await startService();
  bucket = service.played.refOf('PageBucket');
  folder = mkdtempSync(join(tmpdir(), 'sightline-page-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets/main-a1b2.js'), 'x');
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await service.stop();
});

async function look(Key: string) {
  const command = new GetObjectCommand({ Bucket: bucket, Key });
  const { ContentType, CacheControl, Body } = await service.s3.send(command);
  return [ContentType, CacheControl, await Body?.transformToString()];
}

test('assets are kept for ever, documents are asked for anew, and come last', async () => {
  const names = await uploadPage(service.s3, bucket, folder);
  expect(names).toEqual(['assets/main-a1b2.js', 'index.html', 'config.json']);
  const forEver = 'public, max-age=31536000, immutable';
  expect(await look('assets/main-a1b2.js')).toEqual([
    'text/javascript; charset=utf-8',
    forEver,
    'x',
  ]);
  const document = ['text/html; charset=utf-8', 'no-cache', '<!doctype html>'];
  expect(await look('index.html')).toEqual(document);
  expect(await look('config.json')).toEqual(['application/json', 'no-cache', '{}']);
});

test('a file of an unknown type stops it before a document names it', async () => {
  writeFileSync(join(folder, 'assets/odd.exe'), 'x');
  await expect(uploadPage(service.s3, bucket, folder)).rejects.toThrow('odd.exe');
  rmSync(join(folder, 'assets/odd.exe'));
});

test('before the stack is removed, nothing is left in the bucket', async () => {
  await uploadPage(service.s3, bucket, folder);
  expect(await emptyBucket(service.s3, bucket)).toBe(3);
  const left = await service.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  expect(left.KeyCount).toBe(0);
});

test('built, it has the notices of each package that it imports, which go into the bucket, too', async () => {
  const built = join(folder, 'built');
  await buildPage(ROOT, built);
  const notices = readFileSync(join(built, 'third-party-notices.txt'), 'utf8');
  const sources = globSync('web/**/*.{ts,tsx}', { cwd: ROOT }).map((path) =>
    readFileSync(join(ROOT, path), 'utf8'),
  );
  const imported = sources.flatMap((source) => [
    ...source.matchAll(/(?:from |import\()'((?:@[\w-]+\/)?[a-z][\w-]*)(?:\/[^']*)?'/g),
  ]);
  const names = new Set(imported.map(([, name = '']) => name));
  names.delete('@sightline/client'); // our own
  expect(names.size).toBeGreaterThan(2);
  for (const name of names) {
    const file = join(ROOT, 'node_modules', name, 'package.json');
    const { version, license } = JSON.parse(readFileSync(file, 'utf8'));
    expect(notices).toContain(`${name} ${version}  ${license}  https://`);
  }
  expect(notices).toContain('Permission is hereby granted');
  expect(await uploadPage(service.s3, bucket, built)).toContain('third-party-notices.txt');
  expect(await look('third-party-notices.txt')).toEqual([
    'text/plain; charset=utf-8',
    'no-cache',
    notices,
  ]);
});
